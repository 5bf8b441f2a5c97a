"""The album's own thread: reading, compressing and syncing pictures never delays a frame."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from device.album.album import Album
from device.album.errors import AlbumError
from device.album.jpeg import Image
from device.camera.frame import CameraError, Still
from device.messages.shot import ShotCause, ShotEvent
from device.vision.rating import Rating

logger = logging.getLogger(__name__)

WAITING_LIMIT: Final = 4
"""Shots waiting to be saved, beside the one in progress.  Each holds camera buffers, so a disk too
slow for the shots costs the newest shot, not the camera."""

DRAIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class PendingShot:
    """A shot on its way to the album; from `submit` on its stills belong to the writer."""

    id: str
    cause: ShotCause
    still: Still
    rating: Rating
    candidates: int
    runners_up: tuple[tuple[Still, Rating], ...] = ()

    def release(self) -> None:
        """Give all camera buffers back."""
        for still in (self.still, *(still for still, _ in self.runners_up)):
            try:
                still.release()
            except Exception:
                logger.exception("A camera buffer could not be given back")


class AlbumWriter:
    """Saves shots one after the other on a thread of its own.

    The queue holds `waiting_limit` shots; when it is full the new one is refused: `submit` returns
    False and `on_failed` is told.  Every still is released, whatever happens to its shot.

    `on_saved` gets the event of a shot that lies in the album; it is called on the writer's thread.
    `on_failed` gets a sentence for every shot that does not; it is called on the writer's thread,
    or on the caller's own by `submit` and `close`.  Retention runs after each saved shot.
    """

    def __init__(
        self,
        album: Album,
        *,
        on_saved: Callable[[ShotEvent], None],
        on_failed: Callable[[str], None],
        waiting_limit: int = WAITING_LIMIT,
    ) -> None:
        self._album = album
        self._on_saved = on_saved
        self._on_failed = on_failed
        self._waiting_limit = waiting_limit
        self._waiting: deque[PendingShot] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="album", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, pending: PendingShot) -> bool:
        """Queue a shot; False, its stills released, where the queue is full or closed."""
        with self._changed:
            refused = self._closed or len(self._waiting) >= self._waiting_limit
            if not refused:
                self._waiting.append(pending)
                self._changed.notify()
        if refused:
            self._give_up(pending, "the album is closed" if self._closed else self._too_slow())
        return not refused

    def close(self, *, drain: bool = True, timeout_s: float = DRAIN_S) -> None:
        """Stop: with `drain`, save what is queued as long as that takes less than `timeout_s`.

        Shots that are not saved by then are given up, each with `on_failed`.  Idempotent.
        """
        with self._changed:
            self._closed = True
            self._changed.notify()
        if not drain or not self._thread.is_alive():
            self._give_up_waiting()
        if self._thread.is_alive():
            deadline_s = time.monotonic() + timeout_s
            self._thread.join(timeout_s)
            self._give_up_waiting()
            self._thread.join(max(0.0, deadline_s - time.monotonic()))

    def _run(self) -> None:
        while (pending := self._next()) is not None:
            try:
                self._save(pending)
            except Exception as error:
                # One shot is lost; the next one may be fine.
                logger.exception("Saving the shot of frame %d failed", pending.rating.frame)
                self._fail(pending, str(error) or type(error).__name__)
            finally:
                pending.release()

    def _next(self) -> PendingShot | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return self._waiting.popleft() if self._waiting else None

    def _save(self, pending: PendingShot) -> None:
        try:
            shot = self._album.save(
                pending.id,
                pending.cause,
                pending.still.read(),
                pending.rating,
                pending.candidates,
                _readable(pending.runners_up),
            )
        except (AlbumError, CameraError) as error:
            self._fail(pending, str(error))
            return
        pending.release()
        self._tell_saved(shot)
        self._let_old_ones_go()

    def _tell_saved(self, shot: ShotEvent) -> None:
        try:
            self._on_saved(shot)
        except Exception:
            # The photo is safe and not marked as announced: the next start announces it.
            logger.exception("Shot %s is saved but could not be announced", shot.file)

    def _let_old_ones_go(self) -> None:
        try:
            self._album.apply_retention()
        except AlbumError as error:
            logger.warning("Old photos stay for now: %s", error)

    def _give_up_waiting(self) -> None:
        with self._changed:
            given_up = tuple(self._waiting)
            self._waiting.clear()
        for pending in given_up:
            self._give_up(pending, "the service stopped before it could be written")

    def _give_up(self, pending: PendingShot, reason: str) -> None:
        pending.release()
        self._fail(pending, reason)

    def _fail(self, pending: PendingShot, reason: str) -> None:
        self._on_failed(f"the shot of frame {pending.rating.frame} is lost: {reason}")

    def _too_slow(self) -> str:
        return (
            f"{self._waiting_limit} shots are waiting already, the disk is too slow for so many; "
            "raise shutter.cooldown_s or lower album.runners_up"
        )


def _readable(stills: tuple[tuple[Still, Rating], ...]) -> Iterator[tuple[Image, Rating]]:
    """The runners-up's pictures, read one at a time; one that cannot be read is left out."""
    for still, rating in stills:
        try:
            picture = still.read()
        except CameraError as error:
            logger.warning("A runner-up (frame %d) is left out: %s", rating.frame, error)
            continue
        yield picture, rating
        del picture
