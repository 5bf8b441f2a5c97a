"""Faces of a video: a full search now and then, a cheap look or none at all in between.

A full search costs several times what the coarse one does and is needed only for small faces.
Between two full searches the coarse one is enough as long as it sees everybody: each face of
the last look was large, and none has gone missing since. And while nothing happens besides the
people already known, they are followed for a few frames without any search.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from device.vision.face_follower import FaceFollower
from device.vision.faces import Detection
from device.vision.geometry import Box
from device.vision.scene_change import SceneChange

# A scene in which nothing happens is searched fully that many times less often.
_QUIET_FACTOR: Final = 3


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
    One that was there all the time, too small for the last search, is looked for again after
    three times as many.
    """

    def __init__(self, detector: SizedDetector, every: int, follow: int = 0) -> None:
        """Search the frames of one camera.

        Args:
            detector: finds the faces of one frame.
            every: in a scene that changes, search fully in one of so many frames at least;
                1: in each.
            follow: at most so many frames in a row without a search; 0: search each.
        """
        self._detector = detector
        self._every = every
        self._follow = follow
        self._follower = FaceFollower()
        self._since_search = SceneChange()
        self._since_full_search = SceneChange()
        self._known: tuple[Detection, ...] = ()
        self.forget()

    def detect(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """The faces of the next frame, (height, width, 3) uint8 BGR; the surest first."""
        self._frames_since_full += 1
        if self._full_search_is_due(image):
            return self._searched_fully(image)
        followed = self._followed(image)
        if followed is not None:
            self._known = followed
            return followed
        if self._all_large(image):
            faces = self._detector.detect_coarse(image)
            if len(faces) >= len(self._known):
                self._found(image, faces)
                return faces
        return self._searched_fully(image)

    def forget(self) -> None:
        """Search the next frame fully: the camera was reopened or the scene was cut."""
        self._frames_since_full = self._every * _QUIET_FACTOR
        self._frames_followed = 0
        self._known = ()
        self._since_search.forget()
        self._since_full_search.forget()

    def _full_search_is_due(self, image: NDArray[np.uint8]) -> bool:
        if self._frames_since_full < self._every:
            return False
        quiet = self._frames_since_full < self._every * _QUIET_FACTOR and self._every > 1
        return not quiet or self._since_full_search.is_notable(image, self._known_boxes())

    def _followed(self, image: NDArray[np.uint8]) -> tuple[Detection, ...] | None:
        if not self._known or self._frames_followed >= self._follow:
            return None
        if self._since_search.is_notable(image, self._known_boxes()):
            return None
        self._frames_followed += 1
        return self._follower.follow(image)

    def _searched_fully(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        faces = self._detector.detect(image)
        self._frames_since_full = 0
        self._found(image, faces)
        self._since_full_search.remember(image, self._known_boxes())
        return faces

    def _found(self, image: NDArray[np.uint8], faces: tuple[Detection, ...]) -> None:
        self._known = faces
        self._frames_followed = 0
        if self._follow:
            self._follower.remember(image, faces)
            self._since_search.remember(image, self._known_boxes())

    def _known_boxes(self) -> tuple[Box, ...]:
        return tuple(face.box for face in self._known)

    def _all_large(self, image: NDArray[np.uint8]) -> bool:
        height_px, width_px = image.shape[:2]
        return all(
            self._detector.finds_coarsely(face.box, width_px, height_px) for face in self._known
        )
