"""Follows known faces from one frame to the next by how they look, without the detector.

Each face is kept as a small gray template and looked for in the surroundings of its last place by
normalised cross-correlation (J. P. Lewis, "Fast Normalized Cross-Correlation", 1995; OpenCV's
TM_CCOEFF_NORMED). It costs a fiftieth of the smallest detector pass, and says so when it is unsure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.faces import Detection
from device.vision.geometry import Box

_TEMPLATE_PX: Final = 32
_MARGIN_PX: Final = 8
_WINDOW_PX: Final = _TEMPLATE_PX + 2 * _MARGIN_PX
# A blink or a beginning smile keeps more than this; another face, a turned head, a blur less.
_LEAST_CORRELATION: Final = 0.9
_LEAST_FACE_PX: Final = 16
# A wall correlates with anything.
_LEAST_CONTRAST: Final = 4.0


@dataclass(frozen=True, slots=True)
class _Followed:
    detection: Detection
    template: NDArray[np.uint8]


class FaceFollower:
    """Keeps the faces of the last detection in sight for a few frames."""

    def __init__(self) -> None:
        """Nobody is followed."""
        self._followed: tuple[_Followed, ...] | None = None

    def remember(self, image: NDArray[np.uint8], faces: Sequence[Detection]) -> None:
        """Follow these faces of this picture, (height, width, 3) uint8 BGR, from now on."""
        followed = []
        for face in faces:
            window = _window(image, face.box)
            if window is None:
                self._followed = None
                return
            template = window[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX]
            if float(template.std()) < _LEAST_CONTRAST:
                self._followed = None
                return
            followed.append(_Followed(face, template))
        self._followed = tuple(followed)

    def follow(self, image: NDArray[np.uint8]) -> tuple[Detection, ...] | None:
        """The faces in the next picture, of the same size; None where one cannot be made out."""
        if self._followed is None:
            return None
        moved = []
        for followed in self._followed:
            found = _found(image, followed)
            if found is None:
                return None
            moved.append(found)
        self._followed = tuple(moved)
        return tuple(followed.detection for followed in moved)


def _found(image: NDArray[np.uint8], followed: _Followed) -> _Followed | None:
    box = followed.detection.box
    window = _window(image, box)
    if window is None:
        return None
    scores = cv2.matchTemplate(window, followed.template, cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, row) = cv2.minMaxLoc(scores)
    at_edge = not (0 < column < 2 * _MARGIN_PX and 0 < row < 2 * _MARGIN_PX)
    if best < _LEAST_CORRELATION or at_edge:
        return None
    x = box.x + (column - _MARGIN_PX) / _TEMPLATE_PX * box.width
    y = box.y + (row - _MARGIN_PX) / _TEMPLATE_PX * box.height
    moved = Box(x, y, box.width, box.height).clamp()
    # The template stays that of the detection: one renewed at every step drifts away.
    return replace(followed, detection=replace(followed.detection, box=moved))


def _window(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8] | None:
    """A face with its surroundings, gray, scaled; None where it is small or at the border."""
    height_px, width_px = image.shape[:2]
    around = box.expand(_WINDOW_PX / _TEMPLATE_PX)
    if around.x < 0 or around.y < 0 or around.x1 > 1 or around.y1 > 1:
        return None
    if min(box.width * width_px, box.height * height_px) < _LEAST_FACE_PX:
        return None
    x0, y0, x1, y1 = around.to_pixels(width_px, height_px)
    part = image[y0:y1, x0:x1]
    small = cv2.resize(part, (_WINDOW_PX, _WINDOW_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
