"""The command line: `printability run|rate|replay|check|bench|models|mqtt`."""

from device.cli.main import main

__all__ = ["main"]
