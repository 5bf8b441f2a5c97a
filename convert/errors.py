"""What can go wrong in the workshop, as the command line tells it apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ConvertError(Exception):
    """Raised when the work failed, or a model did not pass; the command exits with 1.

    Attributes:
        report: what was found before it failed, printed like that of a command that succeeds.
    """

    exit_code = 1

    def __init__(self, message: str, report: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.report = report


class ConfigurationError(ConvertError):
    """Raised when what was asked for cannot be: a missing file, a malformed row (exit 78)."""

    exit_code = 78
