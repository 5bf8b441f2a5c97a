"""What the page's viewers are shown: the newest analysed picture, recent scores, new shots."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.messages.shot import ShotEvent
from device.vision.rating import Rating
from device.web.appliance import LivePicture

HISTORY_S: Final = 120.0
HISTORY_STEP_S: Final = 0.2
CLOCK_GRAIN_S: Final = 1e-3


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """One point of the strip chart; `time_s` is Unix time."""

    time_s: float
    score: float
    expected_score: float


class LiveFeed:
    """The newest picture and its rating, for any number of viewers in other threads.

    Publishing costs a reference and a notification; nothing is encoded or copied here.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: LivePicture | None = None
        self._sequence = 0
        self._viewers = 0
        self._history: deque[ScorePoint] = deque(maxlen=int(HISTORY_S / HISTORY_STEP_S))
        self._closed = False

    def publish(self, image: NDArray[np.uint8], rating: Rating, threshold: float) -> None:
        """Show a picture (uint8, height × width × 3, BGR; not changed afterwards)."""
        now_s = time.time()
        with self._changed:
            self._sequence += 1
            self._newest = LivePicture(self._sequence, image, rating, rating.waiting_for, threshold)
            last_s = self._history[-1].time_s if self._history else None
            # A clock set back must not stop the chart: any jump counts as a step.
            if last_s is None or abs(now_s - last_s) >= HISTORY_STEP_S - CLOCK_GRAIN_S:
                self._history.append(ScorePoint(now_s, rating.score, rating.expected_score))
            self._changed.notify_all()

    def wait(self, after: int, timeout_s: float) -> LivePicture | None:
        """Wait for a picture newer than number `after`; None if none came or the feed closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._sequence > after, timeout_s)
            if self._newest is None or self._newest.sequence <= after:
                return None
            return self._newest

    def history(self) -> list[tuple[float, float, float]]:
        """(Unix time, score, expected score) of the last two minutes, oldest first."""
        with self._changed:
            points = list(self._history)
        oldest_s = time.time() - HISTORY_S
        return [(p.time_s, p.score, p.expected_score) for p in points if p.time_s >= oldest_s]

    def attach(self) -> None:
        """Count a viewer in."""
        with self._changed:
            self._viewers += 1

    def detach(self) -> None:
        """Count a viewer out."""
        with self._changed:
            self._viewers -= 1

    @property
    def viewers(self) -> int:
        """How many watch."""
        with self._changed:
            return self._viewers

    def close(self) -> None:
        """Wake every waiting viewer for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class ShotFeed:
    """The last saved shot, for whoever waits for the next one."""

    def __init__(self, last: ShotEvent | None = None) -> None:
        self._changed = threading.Condition()
        self._last = last
        self._closed = False

    @property
    def last(self) -> ShotEvent | None:
        """The newest saved shot."""
        with self._changed:
            return self._last

    def publish(self, shot: ShotEvent) -> None:
        """Tell of a saved shot."""
        with self._changed:
            self._last = shot
            self._changed.notify_all()

    def wait(self, after_id: str | None, timeout_s: float) -> ShotEvent | None:
        """Wait until the newest shot is another than `after_id`; None if none came."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._is_new(after_id), timeout_s)
            return self._last if self._is_new(after_id) else None

    def _is_new(self, after_id: str | None) -> bool:
        return self._last is not None and self._last.id != after_id

    def close(self) -> None:
        """Wake everybody for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
