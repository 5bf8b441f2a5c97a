"""The one place between a capturing thread and its reader: it holds the newest, never a queue."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from device.camera.frame import CameraError

Item = TypeVar("Item")


class NewestFrame(Generic[Item]):
    """Holds at most one frame; a newer one replaces it.

    Args:
        discard: gives back what a frame holds that nobody took (a still's buffer, a camera's
            request).  It is called on the thread that puts or closes, outside the lock.
    """

    def __init__(self, discard: Callable[[Item], None] = lambda _: None) -> None:
        self._discard = discard
        self._changed = threading.Condition()
        self._item: Item | None = None
        self._error: CameraError | None = None
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Frames that were replaced before anybody took them."""
        return self._dropped

    def put(self, item: Item) -> None:
        """Offer a frame; one that still waits is counted as dropped and discarded."""
        with self._changed:
            if self._closed:
                rejected: Item | None = item
            else:
                rejected, self._item = self._item, item
                if rejected is not None:
                    self._dropped += 1
                self._changed.notify()
        if rejected is not None:
            self._discard(rejected)

    def fail(self, error: CameraError) -> None:
        """Make `take` raise `error`, once the waiting frame, if any, was taken."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Item | None:
        """Take the frame out, waiting for one; None where none came within `timeout_s`.

        Raises:
            CameraError: what `fail` was given.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._item is not None or self._error is not None or self._closed,
                timeout_s,
            )
            item, self._item = self._item, None
            if item is None and self._error is not None:
                raise self._error
            return item

    def close(self) -> None:
        """Discard what waits and everything that is still to come."""
        with self._changed:
            self._closed = True
            item, self._item = self._item, None
            self._changed.notify_all()
        if item is not None:
            self._discard(item)
