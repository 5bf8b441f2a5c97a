"""Where frames come from and how."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from device.config.secret import Secret
from device.config.section import Section


class CameraSettings(Section):
    """The camera."""

    source: str = Field(
        default="auto",
        min_length=1,
        description=(
            "auto (a Pi camera if there is one, else the first USB camera), picamera2, a device "
            "such as /dev/video0, an rtsp:// or http:// address, or a video file, picture or "
            "folder of pictures to replay."
        ),
    )
    username: str | None = Field(
        default=None, min_length=1, description="User name of a network camera, if it wants one."
    )
    password: Secret | None = Field(
        default=None,
        description="Where a network camera's password is: file:…, env:… or credential:…",
    )
    analysis_width_px: int = Field(
        default=640, ge=160, le=1920, description="Width of the picture that is rated."
    )
    analysis_height_px: int = Field(
        default=480, ge=120, le=1080, description="Height of the picture that is rated."
    )
    still_width_px: int = Field(
        default=0,
        ge=0,
        le=9248,
        description="Width of the photos; 0: the largest that memory and camera allow.",
    )
    still_height_px: int = Field(
        default=0, ge=0, le=6944, description="Height of the photos; 0: as for the width."
    )
    frame_rate: float = Field(
        default=15.0, gt=0, le=120, description="Frames per second asked of the camera."
    )
    rotation: Literal[0, 90, 180, 270] = Field(
        default=0, description="Degrees clockwise by which pictures are turned."
    )
    flip: Literal["none", "horizontal", "vertical"] = Field(
        default="none", description="Mirroring, after the rotation."
    )
    max_exposure_ms: float | None = Field(
        default=20.0,
        gt=0,
        le=1000,
        description="Longest exposure (motion blur indoors); null: the camera decides.",
    )
    buffers: int = Field(
        default=0,
        ge=0,
        le=12,
        description="Full-resolution buffers of a Pi camera; 0: chosen from the memory there is.",
    )
    stall_timeout_s: float = Field(
        default=5.0, ge=0.5, le=120, description="Seconds without a frame before it is reopened."
    )
    reopen_attempts: int = Field(
        default=6,
        ge=1,
        le=1000,
        description="Failed reopenings in a row before the daemon exits for systemd to restart it.",
    )
    reopen_backoff_s: float = Field(
        default=1.0, gt=0, le=60, description="First pause between attempts; it doubles each time."
    )
    reopen_backoff_max_s: float = Field(
        default=30.0, gt=0, le=600, description="Longest pause between attempts."
    )
    replay_realtime: bool = Field(
        default=True, description="Replay files at their own speed; false: as fast as possible."
    )
    replay_loop: bool = Field(default=False, description="Start a replay again when it ends.")

    @field_validator("source")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("it is blank; write auto, picamera2, a device, an address or a path")
        return value.strip()

    @model_validator(mode="after")
    def _password_has_a_user(self) -> Self:
        if self.password is not None and self.username is None:
            raise ValueError("camera.password is set, but camera.username is not; write both")
        return self
