"""From the album to the outbox: no shot event is lost once its file exists."""

import logging
from collections.abc import Callable

import cv2

from device.album.album import Album
from device.messages.shot import ShotEvent

logger = logging.getLogger(__name__)

PUBLISHED_JPEG_QUALITY = 88


class ShotPublishing:
    """Hands saved shots to the outbox and notes in the album that it did.

    A crash between the two is mended at the next start: the album still knows the shot as not
    announced, and the outbox drops ids it already has.
    """

    def __init__(self, album: Album, on_error: Callable[[str], None]) -> None:
        self._album = album
        self._on_error = on_error
        self._add_shot: Callable[[ShotEvent], None] | None = lambda _: None

    def publish_to(self, add_shot: Callable[[ShotEvent], None]) -> None:
        """Have shots added by `add_shot`, which returns once they are safe on disk."""
        self._add_shot = add_shot

    def withhold(self) -> None:
        """Leave shots unannounced: a later run, with a better disk, is to announce them."""
        self._add_shot = None

    def publish(self, shot: ShotEvent) -> None:
        """Announce one shot; where that fails it stays unannounced, for the next start."""
        if self._add_shot is None:
            return
        try:
            self._add_shot(shot)
        except OSError as error:
            logger.error("Shot %s is not announced yet: %s", shot.file, error)
            self._on_error(f"shot {shot.file} is not announced yet: {error}")
            return
        self._album.mark_announced(shot.id)

    def announce_left_over(self) -> None:
        """Announce what an earlier run saved and could not announce any more."""
        left_over = self._album.unannounced()
        if left_over and self._add_shot is not None:
            logger.info("%d shots of the last run are announced now", len(left_over))
        for shot in left_over:
            self.publish(shot)

    def shot_image(self, width_px: int) -> Callable[[ShotEvent], bytes | None]:
        """Make a function that gives a shot's picture as a JPEG at most `width_px` wide.

        It gives None where the photo was deleted meanwhile.
        """

        def read(shot: ShotEvent) -> bytes | None:
            entry = self._album.get(shot.id)
            if entry is None:
                return None
            # Decoding at a reduced size costs a fraction of the memory of the whole picture.
            reduced = shot.width_px >= 2 * width_px
            flag = cv2.IMREAD_REDUCED_COLOR_2 if reduced else cv2.IMREAD_COLOR
            image = cv2.imread(str(self._album.path(entry)), flag)
            if image is None:
                return None
            height, width = image.shape[:2]
            if width > width_px:
                size = (width_px, max(1, round(height * width_px / width)))
                image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            encoded, data = cv2.imencode(
                ".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, PUBLISHED_JPEG_QUALITY]
            )
            return data.tobytes() if encoded else None

        return read
