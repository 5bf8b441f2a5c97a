"""The full-resolution pictures of a Pi camera that are held at once, and where they lie.

A held picture occupies one of the camera's few buffers, and the camera stops when it has none left.
So the number held in buffers is limited: when one more frame is wanted, the picture held longest is
copied to ordinary memory and its buffer given back.  When the copies reach their limit too, the
picture falls back to the frame's analysis picture: small, but there.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from device.camera.frame import CameraError, Image
from device.camera.yuv420 import Bytes, YuvFormat, pack, packed_to_bgr, to_bgr

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StillLayout:
    """How the pictures of the main stream lie in memory and how they are turned upright."""

    pixel_format: YuvFormat
    width_px: int
    height_px: int
    upright: Callable[[Image], Image]
    map_pixels: Callable[[Any], Any]
    """Gives, for a request, a context in which `.array` is the padded picture in its buffer."""


class Picamera2Still:
    """One held picture: in its buffer, as a copy, or only small."""

    def __init__(self, request: Any, layout: StillLayout, small: Image, pool: "StillPool") -> None:
        self._request: Any = request
        self._layout = layout
        self._small = small
        self._pool = pool
        self._copy: Bytes | None = None
        self._released = False
        self._lock = threading.Lock()

    def read(self) -> Image:
        """Return the picture, uint8 (height, width, 3), BGR, upright.

        Raises:
            CameraError: the picture was released or its buffer cannot be read.
        """
        layout = self._layout
        with self._lock:
            if self._released:
                raise CameraError("this picture was released; its buffer shows another by now")
            if self._request is not None:
                with self._mapped() as pixels:
                    image = to_bgr(
                        pixels.array, layout.pixel_format, layout.width_px, layout.height_px
                    )
            elif self._copy is not None:
                image = packed_to_bgr(self._copy, layout.pixel_format)
            else:
                return self._small.copy()
        return layout.upright(image)

    def release(self) -> None:
        """Give the buffer or the copy back; idempotent, from any thread."""
        with self._lock:
            if self._released:
                return
            self._released = True
            self._give_back()
            self._copy = None
        self._pool.forget(self)

    @property
    def in_buffer(self) -> bool:
        """Whether the picture occupies one of the camera's buffers."""
        return self._request is not None

    @property
    def copied(self) -> bool:
        """Whether the picture occupies a copy in ordinary memory."""
        return self._copy is not None

    def leave_buffer(self, *, copy: bool, wait: bool) -> bool:
        """Free the buffer, keeping a copy if `copy`; False if it is being read and not `wait`."""
        if not self._lock.acquire(blocking=wait):
            return False
        try:
            if self._request is None:
                return True
            if copy:
                layout = self._layout
                with self._mapped() as pixels:
                    self._copy = pack(
                        pixels.array, layout.pixel_format, layout.width_px, layout.height_px
                    )
            self._give_back()
        finally:
            self._lock.release()
        return True

    def _mapped(self) -> Any:
        try:
            return self._layout.map_pixels(self._request)
        except Exception as error:
            raise CameraError(f"the camera's buffer cannot be read: {error}") from error

    def _give_back(self) -> None:
        request, self._request = self._request, None
        if request is None:
            return
        try:
            request.release()
        except Exception as error:  # noqa: BLE001 - picamera2 raises many kinds; none may end a shot
            logger.warning("A camera buffer could not be given back: %s", error)


class StillPool:
    """All held pictures of one opened camera, within its limits.

    `lend`, `make_room` and `close` are called by the camera's thread; stills come back from any.
    """

    def __init__(self, most_in_buffers: int, most_copies: int) -> None:
        self._most_in_buffers = most_in_buffers
        self._most_copies = most_copies
        self._held: list[Picamera2Still] = []
        self._lock = threading.Lock()
        self._warned = False

    def lend(self, request: Any, layout: StillLayout, small: Image) -> Picamera2Still:
        """Take a finished request over and hand its picture out."""
        still = Picamera2Still(request, layout, small, self)
        with self._lock:
            self._held.append(still)
        return still

    def forget(self, still: Picamera2Still) -> None:
        """A still was released."""
        with self._lock:
            if still in self._held:
                self._held.remove(still)

    def make_room(self) -> None:
        """See to it that one more picture may be held in a buffer."""
        self._leave_buffers(self._most_in_buffers - 1)

    def close(self) -> None:
        """Move every picture out of the buffers, which are about to vanish."""
        self._leave_buffers(0)

    def __len__(self) -> int:
        with self._lock:
            return len(self._held)

    def _leave_buffers(self, remaining: int) -> None:
        for wait in (False, True):
            for still in self._oldest_first():
                if sum(s.in_buffer for s in self._oldest_first()) <= remaining:
                    return
                if still.in_buffer:
                    self._move_out(still, wait=wait)

    def _move_out(self, still: Picamera2Still, *, wait: bool) -> None:
        copies = sum(s.copied for s in self._oldest_first())
        may_copy = copies < self._most_copies
        try:
            moved = still.leave_buffer(copy=may_copy, wait=wait)
        except CameraError as error:
            logger.warning("A held picture is only kept small: %s", error)
            still.leave_buffer(copy=False, wait=True)
            return
        if moved and not may_copy and not self._warned:
            self._warned = True
            logger.warning(
                "%d full pictures are held in memory already; one more is only kept small",
                copies,
            )

    def _oldest_first(self) -> tuple[Picamera2Still, ...]:
        with self._lock:
            return tuple(self._held)
