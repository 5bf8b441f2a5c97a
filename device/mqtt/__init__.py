"""The broker: scores, shots and state go out, requests come in, Home Assistant finds the camera."""
