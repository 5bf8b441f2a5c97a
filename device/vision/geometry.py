"""Boxes and the arithmetic of moving them between a frame and a network's input.

A `Box` is normalised: 0..1 of the frame's width and height, so that it means the same on
the small picture that was searched and on the full-resolution one that is saved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle, in fractions of the frame's width and height.

    `x` and `y` are the top left corner; the frame spans 0..1 both ways. A box may reach
    outside the frame until it is clamped.
    """

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def from_corners(cls, x0: float, y0: float, x1: float, y1: float) -> Box:
        """The box between two opposite corners; a box turned inside out has no extent."""
        return cls(x0, y0, max(0.0, x1 - x0), max(0.0, y1 - y0))

    @property
    def x1(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def y1(self) -> float:
        """The bottom edge."""
        return self.y + self.height

    @property
    def area(self) -> float:
        """The share of the frame that the box covers (of an unclamped box: may exceed 1)."""
        return self.width * self.height

    def clamp(self) -> Box:
        """The part of the box inside the frame; without any, a box of no area at its edge."""
        x0, x1 = (min(1.0, max(0.0, edge)) for edge in (self.x, self.x1))
        y0, y1 = (min(1.0, max(0.0, edge)) for edge in (self.y, self.y1))
        return Box.from_corners(x0, y0, x1, y1)

    def expand(self, factor: float) -> Box:
        """The box made `factor` times as wide and as high about its own centre, unclamped."""
        width, height = self.width * factor, self.height * factor
        return Box(
            self.x - (width - self.width) / 2, self.y - (height - self.height) / 2, width, height
        )

    def intersection_area(self, other: Box) -> float:
        """The area that both boxes cover."""
        width = min(self.x1, other.x1) - max(self.x, other.x)
        height = min(self.y1, other.y1) - max(self.y, other.y)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: Box) -> float:
        """Intersection over union, 0..1; 0 where neither box has an area."""
        shared = self.intersection_area(other)
        union = self.area + other.area - shared
        # Rounding can lift the share of two equal boxes a little above all there is.
        return min(1.0, shared / union) if union > 0 else 0.0

    def covered_by(self, other: Box) -> float:
        """The share of this box's own area that lies inside `other`, 0..1."""
        return min(1.0, self.intersection_area(other) / self.area) if self.area > 0 else 0.0

    def to_pixels(self, width_px: int, height_px: int) -> tuple[int, int, int, int]:
        """The corners `(x0, y0, x1, y1)` in a picture of this size, clamped to it.

        `x1` and `y1` are exclusive, as a slice wants them: `image[y0:y1, x0:x1]`. A box with
        an area keeps at least one pixel inside the picture.
        """
        x0, x1 = _pixel_span(self.x, self.x1, width_px)
        y0, y1 = _pixel_span(self.y, self.y1, height_px)
        return x0, y0, x1, y1


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture lies in a network's input: scaled with its proportions, at the top left.

    (A squashed face is a face the network was not trained on.) Whatever of the input the
    content does not fill is padding to the right of it or below it.
    """

    content_width_px: int
    content_height_px: int

    @classmethod
    def fit(cls, width_px: int, height_px: int, long_side_px: int) -> Letterbox:
        """The layout of a `width_px` × `height_px` picture scaled to that long side."""
        scale = long_side_px / max(width_px, height_px)
        return cls(max(1, round(width_px * scale)), max(1, round(height_px * scale)))

    def to_frame(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """A box in the frame, unclamped, from corners in pixels of the network's input."""
        width, height = self.content_width_px, self.content_height_px
        return Box.from_corners(x0 / width, y0 / height, x1 / width, y1 / height)


def _pixel_span(start: float, end: float, length_px: int) -> tuple[int, int]:
    """The pixels from `start` to `end` (fractions), at least one of them, within the length."""
    first = min(max(0, math.floor(start * length_px + 0.5)), max(0, length_px - 1))
    last = min(max(0, math.floor(end * length_px + 0.5)), length_px)
    return first, max(last, min(first + 1, length_px))
