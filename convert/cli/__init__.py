"""`printability-convert`: the workshop's command line."""

from convert.cli.main import main

__all__ = ["main"]
