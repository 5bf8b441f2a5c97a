"""Rating pictures that people upload, beside the live camera."""

import threading
from datetime import UTC, datetime

from device.camera.frame import Image
from device.vision.analyser import Analyser
from device.vision.image_file import read_image
from device.vision.rating import Rating, UnknownEyes, rate


class UploadRating:
    """Rates uploads one at a time with the camera's own networks, lent stage by stage.

    A second set of models would cost as much memory as the whole page.
    """

    def __init__(self, analyser: Analyser, unknown_eyes: UnknownEyes) -> None:
        self._analyser = analyser.beside()
        self._unknown_eyes = unknown_eyes
        self._one_at_a_time = threading.Lock()

    def rate(self, data: bytes, max_pixels: int) -> tuple[Image, Rating]:
        """Rate one uploaded picture.

        Returns:
            The upright picture, uint8 BGR, and its rating.

        Raises:
            ImageError: it is no picture, is damaged, or has too many pixels.
        """
        with self._one_at_a_time:
            decoded = read_image(data, max_pixels)
            faces = self._analyser.analyse(decoded.image)
        taken_at = (decoded.taken_at or datetime.now(UTC)).astimezone(UTC)
        return decoded.image, rate(faces, frame=0, time=taken_at, unknown_eyes=self._unknown_eyes)
