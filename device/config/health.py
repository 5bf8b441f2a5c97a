"""How the machine's own condition is watched."""

from typing import Self

from pydantic import Field, model_validator

from device.config.section import Section


class HealthSettings(Section):
    """Temperature, under-voltage, throttling."""

    slow_down_celsius: float = Field(
        default=78.0, ge=30, le=110, description="Above this the frame rate is halved."
    )
    recover_celsius: float = Field(
        default=72.0, ge=20, le=105, description="Below this it is restored."
    )
    check_interval_s: float = Field(
        default=5.0, ge=0.5, le=600, description="Seconds between two looks."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.recover_celsius >= self.slow_down_celsius:
            raise ValueError(
                f"recover_celsius ({self.recover_celsius}) must be below slow_down_celsius "
                f"({self.slow_down_celsius})"
            )
        return self
