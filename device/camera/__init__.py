"""Where frames come from: a Pi camera, a USB or network camera, or files replayed."""
