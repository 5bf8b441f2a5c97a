"""How faces are looked for."""

from typing import Annotated, Literal

from pydantic import Field

from device.config.section import Section


class FacesSettings(Section):
    """The face detector."""

    mode: Literal["thorough", "balanced", "fast"] = Field(
        default="thorough",
        description=(
            "thorough: finds the small faces of a group too; balanced: two thirds of the time, "
            "misses the smallest; fast: a fifth of the time, for small machines and people near "
            "the camera."
        ),
    )
    input_sizes_px: tuple[Annotated[int, Field(ge=96, le=1280)], ...] = Field(
        default=(),
        max_length=4,
        description=(
            "Long sides, in pixels, that the picture is searched at, instead of those of the "
            "mode; the smallest finds faces of any size, the others only small ones."
        ),
    )
    search_every: int = Field(
        default=10,
        ge=1,
        le=100,
        description=(
            "In a video, every how many frames all sizes are searched; in between the smallest "
            "is enough while the known faces are large. Where nothing but the known people "
            "moves, three times as many. 1: always all."
        ),
    )
    follow: int = Field(
        default=3,
        ge=0,
        le=20,
        description=(
            "In a video in which nothing but the known people moves, so many frames in a row "
            "follow their faces without searching. 0: search every frame."
        ),
    )
    confidence: float = Field(
        default=0.6, gt=0, lt=1, description="Least confidence of a face, above 0, below 1."
    )
    min_size_px: int = Field(
        default=20, ge=8, le=1000, description="Least width of a face in the analysed picture."
    )
    nms_iou: float = Field(
        default=0.35,
        gt=0,
        lt=1,
        description="Two boxes that overlap by more than this are one face.",
    )
    max_faces: int = Field(
        default=20, ge=1, le=100, description="Faces rated in one frame, the surest first."
    )
