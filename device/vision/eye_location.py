"""Where the eyes of a face are: a small network over the upper part of the detector's box.

The detector's boxes are loose, but their width follows the face closely (its standard deviation
against the face's own width is 4 %), so the crop is a square measured by the width alone.
"""

from dataclasses import dataclass
from math import atan2, cos, hypot, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.geometry import Box
from device.vision.tflite import TfliteModel

# The square crop: its side in box widths, the height of its centre in box heights.
CROP_SIDE: Final = 1.2
CROP_CENTRE_Y: Final = 0.45
# The second look: the usual distance between the eyes in crop sides, and how much smaller or
# larger than the first crop it may be.
EYE_DISTANCE: Final = 0.38
REFINED_SIDE: Final = (0.8, 1.2)
# Standard deviations at which standardised pixels are cut off.
CLIP: Final = 3.0
# Below this standard deviation (grey values) noise would be blown up to look like structure.
CONTRAST_FLOOR: Final = 2.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class EyePair:
    """The centres of both eyes in pixels of the frame; `left` is left in the picture."""

    left: Point
    right: Point

    @property
    def distance_px(self) -> float:
        """How far apart the eyes are."""
        return hypot(self.right[0] - self.left[0], self.right[1] - self.left[1])

    @property
    def roll_rad(self) -> float:
        """The tilt of the line through the eyes; positive: the right one is lower."""
        return atan2(self.right[1] - self.left[1], self.right[0] - self.left[0])


@dataclass(frozen=True, slots=True)
class CropSquare:
    """A square of the frame: its centre, side and tilt in pixels; it may reach outside."""

    x: float
    y: float
    side_px: float
    roll_rad: float = 0.0

    @classmethod
    def of_box(cls, box: Box, width_px: int, height_px: int) -> "CropSquare":
        """The square in which the eyes of the face in `box` are sought."""
        return cls(
            (box.x + box.width / 2) * width_px,
            (box.y + CROP_CENTRE_Y * box.height) * height_px,
            CROP_SIDE * box.width * width_px,
        )

    def around(self, pair: EyePair) -> "CropSquare":
        """The square about a first guess, of nearly this size should the guess be bad."""
        smallest, largest = (factor * self.side_px for factor in REFINED_SIDE)
        return CropSquare(
            (pair.left[0] + pair.right[0]) / 2,
            (pair.left[1] + pair.right[1]) / 2,
            min(max(pair.distance_px / EYE_DISTANCE, smallest), largest),
            pair.roll_rad,
        )

    def cut(self, gray: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
        """Cut the square out of a frame, uint8 (height, width), as (size_px, size_px) uint8.

        What lies outside the frame repeats its edge.
        """
        return cut_rotated(gray, (self.x, self.y), self.side_px, self.roll_rad, size_px)

    def to_frame(self, x: float, y: float) -> Point:
        """Turn fractions of the square into pixels of the frame."""
        across, down = (x - 0.5) * self.side_px, (y - 0.5) * self.side_px
        cosine, sine = cos(self.roll_rad), sin(self.roll_rad)
        return self.x + cosine * across - sine * down, self.y + sine * across + cosine * down


def cut_rotated(
    gray: NDArray[np.uint8], centre: Point, side_px: float, roll_rad: float, size_px: int
) -> NDArray[np.uint8]:
    """Cut a rotated square out of a picture, scaled to (size_px, size_px) uint8.

    Shrinking averages over areas first: sampled sparsely, lashes and lids would turn to noise.
    """
    reach = 0.5 * side_px * (abs(cos(roll_rad)) + abs(sin(roll_rad))) + 1
    height_px, width_px = gray.shape
    x0, x1 = _span(centre[0], reach, width_px)
    y0, y1 = _span(centre[1], reach, height_px)
    part = gray[y0:y1, x0:x1]
    shrink = min(1.0, max(1.3 * size_px / side_px, 1 / min(part.shape)))
    if shrink < 0.9:
        part = np.asarray(
            cv2.resize(part, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8
        )
    across, down = part.shape[1] / (x1 - x0), part.shape[0] / (y1 - y0)
    step = side_px / size_px
    cosine, sine = step * cos(roll_rad), step * sin(roll_rad)
    middle = (size_px - 1) / 2
    # From pixel centres of the output to pixel centres of `part`.
    to_part = np.array(
        [
            [across * cosine, -across * sine, 0.0],
            [down * sine, down * cosine, 0.0],
        ]
    )
    to_part[0, 2] = across * (centre[0] - x0) - 0.5 - to_part[0, :2].sum() * middle
    to_part[1, 2] = down * (centre[1] - y0) - 0.5 - to_part[1, :2].sum() * middle
    return np.asarray(
        cv2.warpAffine(
            part,
            to_part,
            (size_px, size_px),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )


def standardise(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey values of one crop as standard deviations from its mean, cut off at ±`CLIP`.

    So neither network can learn brightness or contrast.  Returns float32 of the same shape.
    """
    values = pixels.astype(np.float32)
    deviation = max(float(values.std()), CONTRAST_FLOOR)
    scaled = (values - float(values.mean())) / deviation
    return np.asarray(np.clip(scaled, -CLIP, CLIP), dtype=np.float32)


class EyeLocator:
    """Finds the two eyes of a face.  Not safe for two threads at once.

    The network takes a standardised grey crop (1, s, s, 1) and gives four numbers: x and y of
    the eye on the left of the picture, x and y of the one on the right, in fractions of the crop.
    It looks twice: first at the square of the loose box, then at one that its first answer has
    centred, scaled and set upright.
    """

    def __init__(self, model: TfliteModel) -> None:
        self._model = model

    def locate(self, gray: NDArray[np.uint8], box: Box) -> EyePair:
        """Find the eyes of the face in `box`; `gray` is the whole frame, (height, width) uint8."""
        square = CropSquare.of_box(box, gray.shape[1], gray.shape[0])
        return self._look(gray, square.around(self._look(gray, square)))

    def _look(self, gray: NDArray[np.uint8], square: CropSquare) -> EyePair:
        crop = standardise(square.cut(gray, self._model.input_size[0]))
        stored = self._model.input.quantize(crop[np.newaxis, :, :, np.newaxis])
        left_x, left_y, right_x, right_y = (float(value) for value in self._model.run(stored)[0])
        return EyePair(square.to_frame(left_x, left_y), square.to_frame(right_x, right_y))


def _span(centre: float, reach: float, length_px: int) -> tuple[int, int]:
    """Whole pixels within `reach` of `centre` inside the picture, one at least."""
    first = min(max(int(centre - reach), 0), length_px - 1)
    last = max(min(int(centre + reach) + 2, length_px), first + 1)
    return first, last
