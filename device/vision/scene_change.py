"""Whether anything has happened in a fixed camera's picture besides the people already known.

The picture is compared as a coarse grid of mean gray levels, in which noise and the flicker of
lamps vanish, with the grid that was remembered. A known person's body moves with the face and is
no news, so the cells beside and below each known face do not count.
"""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.geometry import Box

GRID_WIDTH: Final = 32
GRID_HEIGHT: Final = 24
# In gray levels of 255: a shadow or a face that enters changes a cell by several times that; a
# camera's noise, averaged over a cell, by less than one.
_NOTABLE_CHANGE: Final = 8.0


class SceneChange:
    """Remembers a picture and tells whether a later one shows something new."""

    def __init__(self) -> None:
        """Nothing is remembered: the first picture is a change."""
        self._remembered: NDArray[np.float32] | None = None
        self._people: tuple[Box, ...] = ()

    def remember(self, image: NDArray[np.uint8], faces: Iterable[Box]) -> None:
        """Compare with this picture, (height, width, 3) uint8 BGR, and its faces from now on."""
        self._remembered = _grid(image)
        self._people = tuple(_person(face) for face in faces)

    def forget(self) -> None:
        """Take the next picture for a change, whatever it shows."""
        self._remembered = None

    def is_notable(self, image: NDArray[np.uint8], faces: Iterable[Box]) -> bool:
        """Whether a picture differs from the remembered one elsewhere than at its people.

        Args:
            image: (height, width, 3) uint8, BGR.
            faces: where the known faces are now.
        """
        if self._remembered is None:
            return True
        difference = _grid(image) - self._remembered
        # A lamp or the exposure changes all cells alike.
        difference -= np.median(difference)
        for person in (*self._people, *(_person(face) for face in faces)):
            x0, y0, x1, y1 = person.to_pixels(GRID_WIDTH, GRID_HEIGHT)
            difference[max(0, y0 - 1) : y1 + 1, max(0, x0 - 1) : x1 + 1] = 0
        return bool(np.abs(difference).max() > _NOTABLE_CHANGE)


def _grid(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = cv2.resize(image, (GRID_WIDTH, GRID_HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.float32)


def _person(face: Box) -> Box:
    """The part of the picture that a face's hair, shoulders and body may fill."""
    top = face.y - face.height / 2
    return Box.from_corners(face.x - face.width, top, face.x1 + face.width, 1.0).clamp()
