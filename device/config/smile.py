"""Which smile network rates the faces."""

from pydantic import Field

from device.config.section import Section


class SmileSettings(Section):
    """The smile network."""

    model: str = Field(
        default="smile",
        min_length=1,
        description="Name of a smile model in models/manifest.json.",
    )
