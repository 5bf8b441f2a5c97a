"""The time before a moment: frames that might count once the score has held."""

from collections import deque
from typing import Final

from device.shutter.pool import Pool
from device.shutter.ranking import Candidate

MOST_COUNTED: Final = 4096
"""Frames counted before a moment: 30 s at 120 frames a second.  Bounds memory, not the choice."""


class Approach:
    """The ring of frames that reach the threshold, and how many of them came in a row.

    Holds at most `limit` frames, the best ones, none older than the lookback before the first
    frame of the present row.
    """

    def __init__(self, limit: int) -> None:
        self._pool = Pool(limit)
        self._times_s: deque[float] = deque(maxlen=MOST_COUNTED)
        self._row = 0
        self._row_since_s = 0.0

    @property
    def row(self) -> int:
        """Frames in a row that reached the threshold, up to the last one seen."""
        return self._row

    @property
    def crossing_s(self) -> float:
        """When the present row began."""
        return self._row_since_s

    @property
    def pool(self) -> Pool:
        """The best frames of the ring."""
        return self._pool

    def __len__(self) -> int:
        """How many frames of the lookback reached the threshold."""
        return len(self._times_s)

    def add(self, candidate: Candidate, lookback_s: float) -> None:
        """A frame that reached the threshold and lacks nothing."""
        if not self._row:
            self._row_since_s = candidate.time_s
        self._row += 1
        self._pool.add(candidate)
        self._times_s.append(candidate.time_s)
        self._expire(self._row_since_s - lookback_s)

    def skip(self, time_s: float, lookback_s: float) -> None:
        """A frame that did not: the row is broken, the ring moves on."""
        self._row = 0
        self._expire(time_s - lookback_s)

    def clear(self) -> None:
        """Forget everything."""
        self._row = 0
        self._pool.clear()
        self._times_s.clear()

    def _expire(self, before_s: float) -> None:
        self._pool.drop_before(before_s)
        while self._times_s and self._times_s[0] < before_s:
            self._times_s.popleft()
