"""The thread that empties a live OpenCV capture, so that what is read is never old."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from device.camera.frame import CameraError, CameraStalledError, Image
from device.camera.newest_frame import NewestFrame

logger = logging.getLogger(__name__)

# A USB camera gives a damaged frame now and then; this many in a row is a fault.
MAX_UNREADABLE_IN_A_ROW: Final = 30


class Capture(Protocol):
    """What is used of cv2.VideoCapture."""

    def grab(self) -> bool:
        """Wait for the next frame."""
        ...

    def retrieve(self) -> tuple[bool, Any]:
        """Return the frame."""
        ...

    def release(self) -> None:
        """Close the source."""
        ...


@dataclass(frozen=True, slots=True)
class CapturedData:
    """A frame as the capture gave it: BGR (height, width, 3), or a JPEG's bytes (1, length)."""

    index: int
    data: Image
    time: datetime
    time_s: float


class CaptureSession:
    """Opens a capture, empties it and closes it, all on one thread of its own.

    Native code that hangs therefore hangs that thread alone; every wait here has an end, and a
    session that is given up for lost cannot disturb the next one.

    Args:
        label: the source, fit to be shown.
        start: opens the capture; raises CameraError.
    """

    def __init__(self, label: str, start: Callable[[], Capture]) -> None:
        self._label = label
        self._start = start
        self._frames: NewestFrame[CapturedData] = NewestFrame()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"capture {label}"[:60], daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Frames that were replaced by a newer one before they were read."""
        return self._frames.dropped

    def take(self, timeout_s: float) -> CapturedData:
        """Take the newest frame.

        Raises:
            CameraStalledError: none came within `timeout_s`.
            CameraError: the capture failed.
        """
        captured = self._frames.take(timeout_s)
        if captured is None:
            raise CameraStalledError(f"{self._label} gave no frame within {timeout_s:.1f} s")
        return captured

    def close(self, timeout_s: float) -> None:
        """Stop the thread; one that hangs in native code is left behind after `timeout_s`."""
        self._stopping.set()
        self._frames.close()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            logger.warning("%s does not close; its capture thread is left behind", self._label)

    def _run(self) -> None:
        try:
            capture = self._start()
        except CameraError as error:
            self._frames.fail(error)
            return
        except Exception as error:  # noqa: BLE001 - a thread's end must reach the reader
            self._frames.fail(CameraError(f"{self._label} cannot be opened: {error}"))
            return
        try:
            self._capture_all(capture)
        except CameraError as error:
            self._frames.fail(error)
        except Exception as error:  # noqa: BLE001 - as above
            self._frames.fail(CameraError(f"{self._label} failed: {error}"))
        finally:
            capture.release()

    def _capture_all(self, capture: Capture) -> None:
        index = 0
        unreadable = 0
        while not self._stopping.is_set():
            if not capture.grab():
                raise CameraError(
                    f"{self._label} gives no more frames: the connection ended or stalled"
                )
            time_s, now = time.monotonic(), datetime.now(UTC)
            readable, data = capture.retrieve()
            if not readable or data is None:
                unreadable += 1
                if unreadable == MAX_UNREADABLE_IN_A_ROW:
                    raise CameraError(f"{self._label}: {unreadable} damaged frames in a row")
                continue
            unreadable = 0
            self._frames.put(CapturedData(index, data, now, time_s))
            index += 1
