"""What every part of the configuration has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One part of the configuration: immutable, and every unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
