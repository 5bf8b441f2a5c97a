"""How a photo is laid on a 10 × 15 cm print so that no face is cut.  Pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from device.vision.geometry import Box

# 10 and 15 cm at 300 dots per inch.
SHORT_SIDE_PX: Final = 1181
LONG_SIDE_PX: Final = 1772
DPI: Final = 300
# Detectors box the face from brow to chin: hair above and a little air around belong to it.
ROOM_ABOVE: Final = 0.5
ROOM_BESIDE: Final = 0.25
ROOM_BELOW: Final = 0.2


@dataclass(frozen=True, slots=True)
class PrintLayout:
    """Which part of the photo goes where.

    The part (`left_px`, `top_px`, `crop_width_px`, `crop_height_px`) of the photo is scaled onto
    the middle of a paper of `paper_width_px` × `paper_height_px`, `width_px` × `height_px` large;
    what remains stays white.
    """

    left_px: int
    top_px: int
    crop_width_px: int
    crop_height_px: int
    paper_width_px: int
    paper_height_px: int
    width_px: int
    height_px: int


def lay_out(width_px: int, height_px: int, faces: Sequence[Box]) -> PrintLayout:
    """Fill the paper with the photo; where that would cut a face, leave white margins instead.

    The paper lies as the photo does, or the other way where only so the faces fit.  A part as large
    as possible is taken, with the faces as near its middle as the photo's edges allow.
    """
    must = _must_show(width_px, height_px, faces)
    lying = width_px >= height_px
    for across in (lying, not lying):
        paper = (LONG_SIDE_PX, SHORT_SIDE_PX) if across else (SHORT_SIDE_PX, LONG_SIDE_PX)
        part = _largest_part(width_px, height_px, *paper)
        if must[2] - must[0] <= part[0] and must[3] - must[1] <= part[1]:
            left_px = _place(must[0], must[2], part[0], width_px)
            top_px = _place(must[1], must[3], part[1], height_px)
            return PrintLayout(left_px, top_px, *part, *paper, *paper)
    paper = (LONG_SIDE_PX, SHORT_SIDE_PX) if lying else (SHORT_SIDE_PX, LONG_SIDE_PX)
    scale = min(paper[0] / width_px, paper[1] / height_px)
    fitted = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    return PrintLayout(0, 0, width_px, height_px, *paper, *fitted)


def _must_show(
    width_px: int, height_px: int, faces: Sequence[Box]
) -> tuple[float, float, float, float]:
    """The corners around all faces with the room they need; the middle without faces."""
    if not faces:
        return width_px / 2, height_px / 2, width_px / 2, height_px / 2
    roomy = [
        Box.from_corners(
            face.x - ROOM_BESIDE * face.width,
            face.y - ROOM_ABOVE * face.height,
            face.x1 + ROOM_BESIDE * face.width,
            face.y1 + ROOM_BELOW * face.height,
        ).clamp()
        for face in faces
    ]
    return (
        min(box.x for box in roomy) * width_px,
        min(box.y for box in roomy) * height_px,
        max(box.x1 for box in roomy) * width_px,
        max(box.y1 for box in roomy) * height_px,
    )


def _largest_part(width_px: int, height_px: int, across: int, down: int) -> tuple[int, int]:
    """The largest part of the photo with the proportions across : down."""
    if width_px * down >= height_px * across:
        return max(1, round(height_px * across / down)), height_px
    return width_px, max(1, round(width_px * down / across))


def _place(low: float, high: float, part: int, whole: int) -> int:
    """Where a part begins that shows `low` to `high` in its middle, within the photo."""
    middle = round((low + high - part) / 2)
    # Rounding must not push an edge over a face.
    middle = max(min(middle, int(low)), -int(-high // 1) - part)
    return max(0, min(middle, whole - part))
