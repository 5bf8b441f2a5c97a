"""A camera that is reopened when it stalls or fails, until it is lost for good."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from device.camera.call_thread import CallHungError, CallInterruptedError, CallThread
from device.camera.frame import Camera, CameraEndedError, CameraError, CameraInfo, Frame
from device.config.camera import CameraSettings

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

# How much longer than its own time-out a call into a camera may take before it counts as hung.
HANG_GRACE_S: Final = 10.0
# Negotiating with a camera takes longer than a frame.
OPEN_TIMEOUT_FACTOR: Final = 2.0


class CameraLostError(CameraError):
    """The camera cannot be brought back; only a new process can try again."""


class CameraStoppedError(CameraEndedError):
    """`SupervisedCamera.interrupt` was called."""


class SupervisedCamera:
    """Keeps a camera running; to its reader it is a camera that never fails, or is lost.

    Every opening makes a new camera by `camera_factory`.  Pauses between attempts begin with
    `reopen_backoff_s`, double, and end at `reopen_backoff_max_s`; the count starts afresh with
    the first frame that comes (a camera that opens but gives none has not recovered).

    All calls into the camera run on one thread of their own.  One that does not come back (a
    driver that hangs in `close`) is left behind with its thread, and the camera is lost: nothing
    else in this process could use the device again.

    `Frame.index` and `Frame.time_s` go on upwards over reopenings, and `dropped` adds up.

    Args:
        camera_factory: makes the camera, unopened; may raise CameraError.
        settings: stall time-out, attempts and pauses.
        on_change: called on the reader's thread with (True, None) when the first frame after an
            opening has come, and with (False, reason) when the camera failed; once per change.
        hang_grace_s: see HANG_GRACE_S.
        clock: seconds of a monotonic clock.
    """

    def __init__(
        self,
        camera_factory: Callable[[], Camera],
        settings: CameraSettings,
        on_change: Callable[[bool, str | None], None] = lambda _connected, _reason: None,
        *,
        hang_grace_s: float = HANG_GRACE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._factory = camera_factory
        self._settings = settings
        self._on_change = on_change
        self._hang_grace_s = hang_grace_s
        self._clock = clock
        self._thread = CallThread("camera")
        self._hung = False
        self._stopping = threading.Event()
        self._restarting = threading.Event()
        # Set by both of the above: it ends the pause between two attempts.
        self._wake = threading.Event()
        self._camera: Camera | None = None
        self._info: CameraInfo | None = None
        self._connected: bool | None = None
        self._failures = 0
        self._last_reason = ""
        self._lost_at_s = 0.0
        self._dropped_before = 0
        self._numbering = _Numbering(clock)

    @property
    def dropped(self) -> int:
        """Frames dropped because the reader was busy, over all openings."""
        camera = self._camera
        return self._dropped_before + (camera.dropped if camera is not None else 0)

    @property
    def info(self) -> CameraInfo | None:
        """What the camera said of itself when it was opened last."""
        return self._info

    def open(self) -> CameraInfo:
        """Open the camera, trying again with pauses.

        Raises:
            CameraLostError: as many attempts as allowed have failed.
            CameraStoppedError: `interrupt` was called.
        """
        while True:
            self._check_stopping()
            if self._camera is not None and self._info is not None:
                return self._info
            try:
                self._info = self._open_once()
            except (CameraEndedError, CameraLostError):
                raise
            except CameraError as error:
                self._fail(str(error))

    def read(self, timeout_s: float) -> Frame:
        """Return the next frame, however often the camera has to be reopened for it.

        Args:
            timeout_s: seconds without a frame after which the camera counts as stalled.

        Raises:
            CameraLostError: as many reopenings as allowed have failed, or the camera hangs.
            CameraStoppedError: `interrupt` was called.
            CameraEndedError: a replay has shown its last frame.
        """
        while True:
            if self._restarting.is_set() and self._camera is not None:
                self._restart_now()
            self.open()
            try:
                frame = self._call(
                    lambda: self._opened().read(timeout_s), timeout_s, discard=_release
                )
            except (CameraEndedError, CameraLostError):
                raise
            except CameraError as error:
                self._fail(str(error))
                continue
            self._recovered()
            return self._numbering.apply(frame)

    def restart(self) -> None:
        """Have the camera closed and opened again before the next frame; from any thread."""
        self._restarting.set()
        self._wake.set()

    def interrupt(self) -> None:
        """Make `read` and `open` end at once, now and from now on; from any thread."""
        self._stopping.set()
        self._thread.interrupt()
        self._wake.set()

    def close(self) -> None:
        """Close the camera; idempotent.  One that hangs is left behind, with a line in the log."""
        try:
            self._close_camera()
        except CameraLostError as error:
            logger.warning("%s", error)
        self._thread.finish()

    def _open_once(self) -> CameraInfo:
        self._restarting.clear()
        self._wake.clear()
        if self._stopping.is_set():  # set in between: it must not be forgotten
            self._wake.set()
        camera = self._factory()
        # Known before it is open: what an interrupted opening has begun is closed all the same.
        self._camera = camera
        self._info = None
        info = self._call(camera.open, self._settings.stall_timeout_s * OPEN_TIMEOUT_FACTOR)
        self._numbering.reopened()
        return info

    def _restart_now(self) -> None:
        self._report_lost("a restart was requested", "reopening at once")
        self._close_camera()

    def _fail(self, reason: str) -> None:
        """Close the camera and pause; raises when that was the last attempt."""
        self._failures += 1
        self._last_reason = reason
        self._close_camera()
        if self._failures > self._settings.reopen_attempts:
            raise CameraLostError(
                f"the camera did not come back after {self._settings.reopen_attempts} attempts: "
                f"{self._last_reason}"
            )
        pause_s = min(
            self._settings.reopen_backoff_max_s,
            self._settings.reopen_backoff_s * 2.0 ** min(self._failures - 1, 32),
        )
        self._report_lost(reason, f"reopening in {pause_s:g} s")
        logger.debug("Camera attempt %d failed: %s", self._failures, reason)
        self._wake.wait(pause_s)

    def _report_lost(self, reason: str, what_next: str) -> None:
        if self._connected is not False:
            self._connected = False
            self._lost_at_s = self._clock()
            logger.warning("Camera lost: %s; %s", reason, what_next)
            self._on_change(False, reason)

    def _recovered(self) -> None:
        self._failures = 0
        if self._connected:
            return
        first = self._connected is None
        self._connected = True
        info = self._info
        name = f"{info.family} {info.model}" if info is not None else "camera"
        if first:
            logger.info("Camera running: %s", name)
        else:
            away_s = self._clock() - self._lost_at_s
            logger.info("Camera back after %.1f s: %s", away_s, name)
        self._on_change(True, None)

    def _opened(self) -> Camera:
        if self._camera is None:
            raise CameraError("the camera is not open")
        return self._camera

    def _close_camera(self) -> None:
        camera, self._camera, self._info = self._camera, None, None
        if camera is None or self._hung:
            return
        self._dropped_before += camera.dropped
        self._call(camera.close, self._settings.stall_timeout_s, interruptible=False)

    def _call(
        self,
        function: Callable[[], Result],
        timeout_s: float,
        *,
        interruptible: bool = True,
        discard: Callable[[Result], None] | None = None,
    ) -> Result:
        deadline_s = timeout_s + self._hang_grace_s
        if self._hung:
            raise CameraLostError("the camera hangs: an earlier call into it has not returned")
        try:
            return self._thread.call(
                function, deadline_s, interruptible=interruptible, discard=discard
            )
        except CallInterruptedError:
            raise CameraStoppedError("the camera was stopped") from None
        except CallHungError:
            self._hung = True
            raise CameraLostError(
                f"the camera hangs: a call into its driver did not return within {deadline_s:g} s"
            ) from None

    def _check_stopping(self) -> None:
        if self._stopping.is_set():
            raise CameraStoppedError("the camera was stopped")


class _Numbering:
    """Makes index and time go on upwards where a reopened camera begins again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._index_offset = 0
        self._time_offset_s = 0.0
        # (index, time_s) of the frame before, and when it was read.
        self._last_place: tuple[int, float] | None = None
        self._last_read_s = 0.0
        self._reopened = False

    def reopened(self) -> None:
        """The next frame is the first of a new opening."""
        self._reopened = True

    def apply(self, frame: Frame) -> Frame:
        """Return the frame with its place among all frames."""
        now_s = self._clock()
        if self._reopened and self._last_place is not None:
            last_index, last_time_s = self._last_place
            self._index_offset = max(0, last_index + 1 - frame.index)
            # A clock that went on by itself (monotonic time) is left alone.
            behind_s = last_time_s - frame.time_s
            away_s = max(now_s - self._last_read_s, 1e-3)
            self._time_offset_s = behind_s + away_s if behind_s >= 0 else 0.0
        self._reopened = False
        frame = replace(
            frame,
            index=frame.index + self._index_offset,
            time_s=frame.time_s + self._time_offset_s,
        )
        self._last_place = (frame.index, frame.time_s)
        self._last_read_s = now_s
        return frame


def _release(frame: Frame) -> None:
    frame.still.release()
