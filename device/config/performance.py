"""How much of the machine is used."""

from pydantic import Field

from device.config.section import Section


class PerformanceSettings(Section):
    """Threads."""

    threads: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Threads per model; 0: as many as the machine has cores, at most four.",
    )
