"""A camera that shows files: a film, a picture, or a recorded event (a folder or list of both)."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from device.camera.analysis_picture import AnalysisPicture
from device.camera.frame import CameraError, CameraInfo, CameraStalledError, Frame
from device.camera.held_still import HeldStill
from device.camera.recording import RecordedPicture
from device.camera.reel import Reel
from device.camera.replay_files import existing_files
from device.config.camera import CameraSettings

# At real time a longer pause between two pictures (a film that stood still) is cut down to this,
# or to half the stall time-out, or it would look like a stall; the frames' own times keep it.
MAX_PAUSE_S: Final = 2.0
# Time spent in one `read` on skipping what a slow reader missed.  Where skipping itself is slower
# than real time it would never end; the replay then runs late instead.
MAX_SKIPPING_S: Final = 0.5


class ReplayCamera:
    """Replays files at their own speed, or as fast as they are read.

    At real time it behaves like a live camera: frames that come while nobody reads are dropped
    and counted, `Frame.time` is the present, and photos follow one another at `frame_rate`.  As
    fast as possible drops none; `Frame.time` is the photos' EXIF time, else the time the first
    file was written plus the time within the replay, and photos lie as far apart as their EXIF
    times.  `Frame.index` counts every frame from 0, dropped ones too; `Frame.time_s` is the
    film's own time (also at a variable frame rate).  Both go on upwards over the files of a
    folder and over repetitions.

    Memory: one decoded picture, and those whose stills are held (films; a photo's still is read
    from its file again).

    Args:
        settings: the camera's settings; `source` is a path.
        paths: what to show instead of `settings.source`: files and folders in order.
        clock: seconds of a monotonic clock.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        settings: CameraSettings,
        paths: Sequence[Path] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._paths = tuple(paths) if paths is not None else (Path(settings.source),)
        self._settings = settings
        self._realtime = settings.replay_realtime
        self._analysis = AnalysisPicture.of(settings)
        self._max_pause_s = min(MAX_PAUSE_S, settings.stall_timeout_s / 2)
        self._clock = clock
        self._sleep = sleep
        self._reel: Reel | None = None
        # The reel's picture, where it has advanced to one that was not returned yet …
        self._pending = False
        # … and that picture, where it is decoded already.
        self._decoded: RecordedPicture | None = None
        self._written_at = datetime.now(UTC)
        # The clock's reading at position 0; None until the first frame.
        self._zero_s: float | None = None
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Frames left out since `open` because the reader was slow; 0 as fast as possible."""
        return self._dropped

    def open(self) -> CameraInfo:
        """Find the files and read the first picture.

        Raises:
            CameraError: there is nothing to show; the message says what was found.
        """
        self.close()
        files = existing_files(self._paths)
        self._written_at = datetime.fromtimestamp(files[0].stat().st_mtime, UTC)
        self._zero_s = None
        self._dropped = 0
        self._reel = Reel(
            files,
            self._settings.frame_rate,
            loop=self._settings.replay_loop,
            by_exif=not self._realtime,
        )
        self._reel.advance()
        self._decoded = self._reel.picture()
        self._pending = True
        height_px, width_px = self._decoded.image.shape[:2]
        still_width_px, still_height_px = self._analysis.orientation.size(width_px, height_px)
        return CameraInfo(
            family="replay",
            model=self._paths[0].name or str(self._paths[0]),
            still_width_px=still_width_px,
            still_height_px=still_height_px,
            details={
                "files": str(len(files)),
                "speed": "real time" if self._realtime else "as fast as possible",
                "loop": "yes" if self._settings.replay_loop else "no",
            },
        )

    def read(self, timeout_s: float) -> Frame:
        """Return the frame that is due now, or the next one as fast as possible.

        Raises:
            CameraStalledError: at real time, the next frame is due later than in `timeout_s`.
            CameraEndedError: the last frame has been returned.
            CameraError: the replay is not open, or no file can be read any more.
        """
        reel = self._reel
        if reel is None:
            raise CameraError("the replay is not open")
        if not self._pending:
            reel.advance()
            self._pending = True
        if self._realtime:
            zero_s = self._wait_until_due(reel, timeout_s)
            self._skip_missed(reel, zero_s)
        picture = self._decoded or reel.picture()
        self._decoded, self._pending = None, False
        return Frame(
            index=reel.index,
            image=self._analysis.make(picture.image),
            time=self._time(reel),
            time_s=reel.position_s,
            still=HeldStill(picture.load, self._analysis.orientation),
        )

    def close(self) -> None:
        """Close the file that is open; idempotent."""
        if self._reel is not None:
            self._reel.close()
        self._reel, self._decoded, self._pending = None, None, False

    def _time(self, reel: Reel) -> datetime:
        if self._realtime:
            return datetime.now(UTC)
        return (reel.recorded_from or self._written_at) + timedelta(seconds=reel.position_s)

    def _wait_until_due(self, reel: Reel, timeout_s: float) -> float:
        """Wait for the pending picture's time; returns the clock's reading at position 0."""
        now_s = self._clock()
        zero_s = now_s - reel.position_s if self._zero_s is None else self._zero_s
        zero_s = min(zero_s, now_s + self._max_pause_s - reel.position_s)
        self._zero_s = zero_s
        wait_s = zero_s + reel.position_s - now_s
        if wait_s > timeout_s:
            self._sleep(timeout_s)
            raise CameraStalledError(f"the replay's next frame is due in {wait_s:.1f} s")
        if wait_s > 0:
            self._sleep(wait_s)
        return zero_s

    def _skip_missed(self, reel: Reel, zero_s: float) -> None:
        """Leave out frames whose successor is due as well."""
        started_s = self._clock()
        while zero_s + reel.position_s + reel.interval_s <= self._clock():
            if self._clock() - started_s > MAX_SKIPPING_S:
                self._zero_s = self._clock() - reel.position_s
                return
            self._decoded = None
            self._dropped += 1
            self._pending = False
            reel.advance()
            self._pending = True
