"""Faces of a video: a full search now and then, a cheap look in between.

A full search costs several times what the coarse one does and is needed only for small faces.
Between two full searches the coarse one is enough as long as it sees everybody: each face of
the last look was large, and none has gone missing since.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device.vision.faces import Detection
from device.vision.geometry import Box


class SizedDetector(Protocol):
    """What the search needs of `FaceDetector`."""

    def detect(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Search at every size."""
        ...

    def detect_coarse(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Search at the smallest size only."""
        ...

    def finds_coarsely(self, box: Box, width_px: int, height_px: int) -> bool:
        """Whether a face of that size can be left to the coarse search."""
        ...


class FaceSearch:
    """Finds the faces of consecutive frames of one camera.

    A face that enters is seen at once if it is large, and within `every` frames if it is small.
    """

    def __init__(self, detector: SizedDetector, every: int) -> None:
        """Search fully in one of `every` frames at least; 1: in each."""
        self._detector = detector
        self._every = every
        self._since_full = every
        self._known: tuple[Detection, ...] = ()

    def detect(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """The faces of the next frame, (height, width, 3) uint8 BGR; the surest first."""
        self._since_full += 1
        if self._since_full < self._every and self._all_large(image):
            faces = self._detector.detect_coarse(image)
            if len(faces) >= len(self._known):
                self._known = faces
                return faces
        self._since_full = 0
        self._known = self._detector.detect(image)
        return self._known

    def forget(self) -> None:
        """Search the next frame fully: the camera was reopened or the scene was cut."""
        self._since_full = self._every
        self._known = ()

    def _all_large(self, image: NDArray[np.uint8]) -> bool:
        height_px, width_px = image.shape[:2]
        return all(
            self._detector.finds_coarsely(face.box, width_px, height_px) for face in self._known
        )
