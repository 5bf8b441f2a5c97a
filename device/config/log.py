"""What is logged."""

from typing import Literal

from pydantic import Field

from device.config.section import Section


class LogSettings(Section):
    """The log."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe messages that are logged."
    )
