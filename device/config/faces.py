"""How faces are looked for."""

from typing import Annotated, Literal

from pydantic import Field

from device.config.section import Section


class FacesSettings(Section):
    """The face detector."""

    mode: Literal["thorough", "fast"] = Field(
        default="thorough",
        description=(
            "thorough: several passes, finds the small faces of a group too; fast: one pass, for "
            "small machines and people near the camera."
        ),
    )
    input_sizes_px: tuple[Annotated[int, Field(ge=96, le=1280)], ...] = Field(
        default=(),
        max_length=6,
        description="Long sides the picture is searched at, instead of those of the mode.",
    )
    confidence: float = Field(
        default=0.5, gt=0, lt=1, description="Least confidence of a face, above 0, below 1."
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
