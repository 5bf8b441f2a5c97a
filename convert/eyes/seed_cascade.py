"""The seed's eye check as it was, to measure against: one cascade over the whole face box."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.vision.eye_cascade import load_cascade
from device.vision.geometry import Box
from device.vision.rating import MAX_EYES, EyeReading

MIN_NEIGHBOURS: Final = 6
MIN_SIZE_PX: Final = 30


class SeedCascadeReader:
    """Counts what `haarcascade_eye` finds in the face box; what it does not find is closed."""

    def __init__(self) -> None:
        self._cascade = load_cascade("haarcascade_eye.xml")

    def read(self, gray: NDArray[np.uint8], box: Box) -> EyeReading:
        """Judge the eyes of the face in `box`; `gray` is the whole frame, (height, width) uint8."""
        x0, y0, x1, y1 = box.to_pixels(gray.shape[1], gray.shape[0])
        found = self._cascade.detectMultiScale(
            gray[y0:y1, x0:x1],
            minNeighbors=MIN_NEIGHBOURS,
            minSize=(MIN_SIZE_PX, MIN_SIZE_PX),
        )
        eyes = min(len(found), MAX_EYES)
        return EyeReading("open" if eyes else "closed", eyes)
