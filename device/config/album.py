"""Where photos are kept and for how long."""

from pathlib import Path

from pydantic import Field

from device.config.section import Section


class AlbumSettings(Section):
    """The album."""

    folder: Path | None = Field(
        default=None,
        description="Where photos go; default: the album folder inside `storage.folder`.",
    )
    jpeg_quality: int = Field(default=93, ge=50, le=100, description="JPEG quality.")
    runners_up: int = Field(
        default=0, ge=0, le=4, description="Next best frames saved beside each winner."
    )
    keep_photos: int = Field(
        default=0,
        ge=0,
        description="Most shots kept (a burst counts once), oldest deleted first; 0: no limit.",
    )
    keep_megabytes: int = Field(
        default=0, ge=0, description="Most megabytes kept, oldest deleted first; 0: no limit."
    )
    keep_days: float = Field(default=0, ge=0, description="Days a photo is kept; 0: for ever.")
    min_free_megabytes: int = Field(
        default=500, ge=0, description="Free disk below which shooting pauses."
    )
