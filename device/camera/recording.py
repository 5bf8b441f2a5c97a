"""One file of a replay: a film or a picture, as a sequence of pictures with their times."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, cast

import cv2
import numpy as np

from device.camera.frame import CameraError, Image
from device.camera.replay_files import is_picture, is_video
from device.camera.video_capture import open_capture
from device.vision.image_file import ImageError, read_image

logger = logging.getLogger(__name__)

# Each FFmpeg thread keeps frames of its own; two decode fast enough and stay small.
DECODER_THREADS: Final = 2
MAX_FRAME_RATE: Final = 1000.0
# Containers estimate their number of frames; only a large difference means a damaged file.
CUT_SHORT_RATIO: Final = 0.9
# FFmpeg shows any text file as a film of its letters.
TEXT_CODEC: Final = int.from_bytes(b"ansi", "little")


@dataclass(frozen=True, slots=True)
class RecordedPicture:
    """A picture of a recording.

    `image` is uint8 (height, width, 3), BGR, unturned, of full resolution.  `load` gives it
    once more for as long as it is held.  `taken_at` is what the file itself notes.
    """

    image: Image
    load: Callable[[], Image]
    taken_at: datetime | None = None


class Recording(Protocol):
    """One file, gone through from its first picture to its last."""

    @property
    def interval_s(self) -> float:
        """The usual time from one picture to the next."""
        ...

    def advance(self) -> float | None:
        """Go to the next picture, without decoding it into one where that can wait.

        Returns:
            Its time in seconds from the first picture, ever increasing; None at the end.
        """
        ...

    def picture(self) -> RecordedPicture:
        """Return the picture to which `advance` went.

        Raises:
            CameraError: it cannot be decoded.
        """
        ...

    def close(self) -> None:
        """Close the file; idempotent."""
        ...


class Film:
    """A video file.

    Args:
        path: the file.
        frame_rate: frames per second where the file notes neither times nor a rate.

    Raises:
        CameraError: it is no film that FFmpeg can open.
    """

    def __init__(self, path: Path, frame_rate: float) -> None:
        self._path = path
        self._capture = open_capture(
            str(path), cv2.CAP_FFMPEG, [(cv2.CAP_PROP_N_THREADS, DECODER_THREADS)]
        )
        if not self._capture.isOpened() or int(self._number(cv2.CAP_PROP_FOURCC)) == TEXT_CODEC:
            self._capture.release()
            raise CameraError(f"{path} is no film or picture that can be replayed")
        rate = self._number(cv2.CAP_PROP_FPS)
        self.interval_s = 1 / (rate if 0 < rate <= MAX_FRAME_RATE else frame_rate)
        self._first_s: float | None = None
        self._time_s = 0.0
        self._count = 0

    def advance(self) -> float | None:
        """Go to the next frame: its time by the file's own clock, or by its frame rate."""
        if not self._capture.grab():
            self._report_cut_short()
            return None
        time_s = self._number(cv2.CAP_PROP_POS_MSEC) / 1000
        if self._first_s is None:
            self._first_s = time_s
        else:
            time_s -= self._first_s
            # Without time stamps FFmpeg says 0 (or repeats itself): go on by the frame rate.
            self._time_s = time_s if time_s > self._time_s else self._time_s + self.interval_s
        self._count += 1
        return self._time_s

    def picture(self) -> RecordedPicture:
        """Decode the frame."""
        decoded, array = self._capture.retrieve()
        if not decoded or array is None or array.ndim != 3:
            raise CameraError(f"frame {self._count - 1} of {self._path} cannot be decoded")
        image = cast(Image, np.ascontiguousarray(array))
        return RecordedPicture(image, lambda: image)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _number(self, attribute: int) -> float:
        value = float(self._capture.get(attribute))
        return value if math.isfinite(value) else 0.0

    def _report_cut_short(self) -> None:
        promised = self._number(cv2.CAP_PROP_FRAME_COUNT)
        if self._count < promised * CUT_SHORT_RATIO:
            logger.warning(
                "%s ended after %d of about %d frames: the file is damaged or cut short",
                self._path,
                self._count,
                promised,
            )


class Photo:
    """A picture file: a recording of one frame, decoded when it is asked for.

    Its full-resolution picture is not held in memory: it is decoded again when it is read.
    """

    def __init__(self, path: Path, interval_s: float) -> None:
        self.interval_s = interval_s
        self._path = path
        self._shown = False

    def advance(self) -> float | None:
        """Go to the one picture there is."""
        if self._shown:
            return None
        self._shown = True
        return 0.0

    def picture(self) -> RecordedPicture:
        """Decode the picture, upright by its EXIF orientation."""
        try:
            decoded = read_image(self._path)
        except ImageError as error:
            raise CameraError(str(error)) from error
        return RecordedPicture(decoded.image, lambda: _load(self._path), decoded.taken_at)

    def close(self) -> None:
        """Nothing is open."""


def open_recording(path: Path, frame_rate: float) -> Recording:
    """Open a file as what it is; where the name does not tell, its content does.

    Raises:
        CameraError: it is neither a film nor a picture.
    """
    if is_picture(path):
        return Photo(path, 1 / frame_rate)
    if is_video(path):
        return Film(path, frame_rate)
    try:
        read_image(path)
    except ImageError:
        return Film(path, frame_rate)
    return Photo(path, 1 / frame_rate)


def _load(path: Path) -> Image:
    try:
        return read_image(path).image
    except ImageError as error:
        raise CameraError(f"the replayed picture can no longer be read: {error}") from error
