"""The page."""

import ipaddress
from typing import Self

from pydantic import Field, model_validator

from device.config.secret import Secret
from device.config.section import Section


def is_loopback(host: str) -> bool:
    """Say whether `host` can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class WebSettings(Section):
    """The page: upload, live view, album."""

    enabled: bool = Field(default=True, description="Serve the page.")
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on; any but loopback needs a password or token.",
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port; 0: any free one.")
    password: Secret | None = Field(
        default=None, description="Password of the page: file:…, env:… or credential:…"
    )
    token: Secret | None = Field(
        default=None, description="Bearer token for programs: file:…, env:… or credential:…"
    )
    guest_link: bool = Field(
        default=True, description="Offer a link with which guests see the album, no more."
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description=(
            "Names, without port, under which a page without a password may be reached besides "
            "this machine's own addresses, such as that of a reverse proxy."
        ),
    )
    session_days: float = Field(
        default=30.0, gt=0, le=366, description="Days after which people log in again."
    )
    live_frame_rate: float = Field(
        default=10.0, gt=0, le=60, description="Most live pictures a second per viewer."
    )
    live_width_px: int = Field(
        default=640, ge=160, le=1920, description="Width of the live picture."
    )
    max_viewers: int = Field(default=20, ge=1, le=500, description="Live viewers at a time.")
    upload_max_files: int = Field(default=20, ge=1, le=500, description="Files per upload.")
    upload_max_megabytes: int = Field(default=25, ge=1, le=500, description="Size per file.")
    upload_max_request_megabytes: int = Field(
        default=100, ge=1, le=2000, description="Size of all files of one upload together."
    )
    uploads_per_minute: int = Field(
        default=60, ge=1, le=10_000, description="Files per minute from one address."
    )
    upload_max_megapixels: int = Field(
        default=50, ge=1, le=400, description="Pixels per file, in millions."
    )

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.enabled and not is_loopback(self.host) and not (self.password or self.token):
            raise ValueError(
                f"host {self.host} can be reached by others, so password or token must be set; "
                "or set host to 127.0.0.1"
            )
        return self
