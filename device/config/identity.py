"""Who the camera is to the outside."""

import re
import socket

from pydantic import Field, field_validator

from device.config.section import Section


def _host_id() -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", socket.gethostname().lower()).strip("-") or "camera"


class IdentitySettings(Section):
    """The name of this camera."""

    id: str = Field(
        default_factory=_host_id,
        min_length=1,
        max_length=64,
        description="Short name in MQTT topics and Home Assistant; default: the host name.",
    )
    name: str = Field(
        default="Printability camera",
        min_length=1,
        max_length=80,
        description="Name shown to people.",
    )

    @field_validator("id")
    @classmethod
    def _topic_safe(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", value):
            raise ValueError("allowed are letters, digits, '-' and '_'")
        return value
