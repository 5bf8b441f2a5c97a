"""When to shoot."""

from typing import Literal, Self

from pydantic import Field, model_validator

from device.config.section import Section


class ShutterSettings(Section):
    """The shutter."""

    threshold: float = Field(
        default=0.85, ge=0, le=1, description="The score a moment must reach, 0 to 1."
    )
    hysteresis: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="How far below the threshold the score must fall for the moment to be over.",
    )
    hold_frames: int = Field(
        default=2, ge=1, le=100, description="Frames in a row at or above the threshold."
    )
    window_s: float = Field(
        default=2.0,
        ge=0,
        le=30,
        description="Seconds after the crossing in which the best frame is sought.",
    )
    lookback_s: float = Field(
        default=1.0,
        ge=0,
        le=10,
        description="Seconds before the crossing whose frames count too.",
    )
    cooldown_s: float = Field(
        default=5.0, ge=0, le=3600, description="Seconds after a moment before the next."
    )
    rearm: Literal["fall", "time"] = Field(
        default="fall",
        description=(
            "fall: after a shot the score must fall below threshold - hysteresis first (a poster "
            "smiles for ever); time: the cooldown is enough."
        ),
    )
    rearm_s: float = Field(
        default=0.5,
        ge=0,
        le=60,
        description=(
            "Seconds the score must stay that low to re-arm (a poster whose face the detector "
            "loses for one frame stays disarmed)."
        ),
    )
    max_gap_s: float = Field(
        default=2.0,
        ge=0.1,
        le=60,
        description=(
            "Frames further apart than this do not belong together: the camera was away, a hold "
            "starts anew and an open moment is closed."
        ),
    )
    request_window_s: float = Field(
        default=0.5,
        ge=0,
        le=10,
        description="Seconds after a requested shot in which the best frame is sought.",
    )
    minimum_faces: int = Field(default=1, ge=1, le=100, description="Faces a photo must show.")
    everybody_open_eyes: bool = Field(
        default=False, description="Shoot only frames in which nobody's eyes are closed."
    )
    min_sharpness: float = Field(
        default=0.0,
        ge=0,
        description="Blur gate: the least sharpness of the sharpest face; 0: off.",
    )
    max_shots_per_hour: int = Field(
        default=60, ge=1, le=3600, description="Limit on automatic shots."
    )

    @model_validator(mode="after")
    def _release_above_zero(self) -> Self:
        if self.hysteresis > self.threshold:
            raise ValueError(
                f"hysteresis ({self.hysteresis}) is larger than threshold ({self.threshold}); "
                "the moment could never end"
            )
        return self
