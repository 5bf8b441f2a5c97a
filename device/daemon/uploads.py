"""Rating pictures that people upload, beside the live camera and without disturbing it."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from device.camera.frame import Image
from device.vision.analyser import Analyser
from device.vision.image_file import read_image
from device.vision.rating import Rating, UnknownEyes, rate

IDLE_RELEASE_S: Final = 60.0


class UploadRating:
    """Rates uploads with models of its own, loaded at the first one and freed when idle.

    The frame loop's interpreters serve one thread; sharing them would make the live camera wait.
    """

    def __init__(self, make_analyser: Callable[[], Analyser], unknown_eyes: UnknownEyes) -> None:
        self._make_analyser = make_analyser
        self._unknown_eyes = unknown_eyes
        self._lock = threading.Lock()
        self._analyser: Analyser | None = None
        self._used_s = 0.0

    def rate(self, data: bytes, max_pixels: int) -> tuple[Image, Rating]:
        """Rate one uploaded picture; one at a time.

        Returns:
            The upright picture, uint8 BGR, and its rating.

        Raises:
            ImageError: it is no picture, is damaged, or has too many pixels.
        """
        with self._lock:
            decoded = read_image(data, max_pixels)
            if self._analyser is None:
                self._analyser = self._make_analyser()
            faces = self._analyser.analyse(decoded.image)
            self._used_s = time.monotonic()
        taken_at = (decoded.taken_at or datetime.now(UTC)).astimezone(UTC)
        return decoded.image, rate(faces, frame=0, time=taken_at, unknown_eyes=self._unknown_eyes)

    def release_if_idle(self) -> None:
        """Free the models when nobody uploaded for a minute."""
        if self._analyser is None or time.monotonic() - self._used_s < IDLE_RELEASE_S:
            return
        if self._lock.acquire(blocking=False):
            try:
                self._analyser = None
            finally:
                self._lock.release()
