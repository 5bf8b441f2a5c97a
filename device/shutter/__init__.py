"""When to shoot and which frame wins.  Pure: no clock, no I/O; time comes in with the frame."""
