"""The files of a replay, one after another on one timeline."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from device.camera.frame import CameraEndedError, CameraError
from device.camera.recording import RecordedPicture, Recording, open_recording

logger = logging.getLogger(__name__)


class Reel:
    """Goes through files as if they were one recording, once or for ever.

    Position and index only go up, over the files and over repetitions.  What cannot be read is
    skipped with a line in the log.

    Args:
        files: at least one.
        frame_rate: pictures per second where the files note no times.
        loop: begin again after the last file.
        by_exif: photos lie as far apart as their EXIF times (which count whole seconds) say,
            where that is further than one frame.
    """

    def __init__(
        self, files: Sequence[Path], frame_rate: float, *, loop: bool, by_exif: bool
    ) -> None:
        self._files = tuple(files)
        self._frame_rate = frame_rate
        self._loop = loop
        self._by_exif = by_exif
        self._next_file = 0
        self._recording: Recording | None = None
        self._offset_s = 0.0
        # A slow reader may skip whole rounds of a short reel, so it is failures that are counted.
        self._readable_in_round = False
        self._unreadable: set[Path] = set()
        self.index = -1
        self.position_s = 0.0
        self.interval_s = 0.0
        # When position 0 was recorded, by the photos' EXIF times; None while none has noted any.
        self.recorded_from: datetime | None = None

    def advance(self) -> None:
        """Go to the next picture: `index` and `position_s` become its own.

        Raises:
            CameraEndedError: there is none.
            CameraError: the only file cannot be read, or none of a whole round could.
        """
        while True:
            if self._recording is None:
                self._recording = self._open_next()
                # One frame after the last of the file before.
                self._offset_s = self.position_s + self.interval_s
            within_s = self._recording.advance()
            if within_s is not None:
                self.position_s = self._offset_s + within_s
                self.interval_s = self._recording.interval_s
                self.index += 1
                return
            self.close()

    def picture(self) -> RecordedPicture:
        """Decode the picture advanced to; where that fails, advance to the next that can be.

        Raises:
            CameraEndedError: no later picture can be decoded either.
            CameraError: as for `advance`.
        """
        while True:
            if self._recording is None:
                raise CameraError("the replay is not open")
            try:
                picture = self._recording.picture()
            except CameraError as error:
                if len(self._files) == 1 and self.index == 0:
                    raise
                logger.warning("Skipped in the replay: %s", error)
                self._unreadable.add(self._files[self._next_file - 1])
                self.index -= 1
                self.advance()
                continue
            self._readable_in_round = True
            if self._by_exif and picture.taken_at is not None:
                self._place(picture.taken_at)
            return picture

    def close(self) -> None:
        """Close the file that is open; idempotent."""
        if self._recording is not None:
            self._recording.close()
            self._recording = None

    def _open_next(self) -> Recording:
        while True:
            if self._next_file == len(self._files):
                self._begin_again()
            path = self._files[self._next_file]
            self._next_file += 1
            try:
                return open_recording(path, self._frame_rate)
            except CameraError as error:
                if len(self._files) == 1:
                    raise
                logger.warning("Skipped in the replay: %s", error)
                self._unreadable.add(path)

    def _begin_again(self) -> None:
        if not self._readable_in_round and self._unreadable.issuperset(self._files):
            raise CameraError(
                f"none of the {len(self._files)} files can be read as a film or picture; "
                "the log names each"
            )
        if not self._loop:
            raise CameraEndedError("the replay has ended")
        self._readable_in_round = False
        self._unreadable.clear()
        self._next_file = 0
        # The second round's first photo was taken before the first round's last.
        self.recorded_from = None

    def _place(self, taken_at: datetime) -> None:
        """Move the photo on to when it was taken."""
        # A time without a zone is the wall clock where the photo was taken: ours, most likely.
        taken_at = taken_at.astimezone(UTC)
        if self.recorded_from is None:
            self.recorded_from = taken_at - timedelta(seconds=self.position_s)
            return
        later_s = (taken_at - self.recorded_from).total_seconds() - self.position_s
        if later_s > 0:
            self._offset_s += later_s
            self.position_s += later_s
