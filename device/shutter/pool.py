"""The few best frames of a moment, spread over it, in bounded memory."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from device.shutter.ranking import BESIDE_BLINK_S, Candidate

SLICE_S: Final = 0.4
"""A moment is cut into slices of this length; of each only the best frame can become a photo."""

NEIGHBOUR_S: Final = SLICE_S / 2
"""Frames of two slices that are closer than this show the same picture."""


class Pool:
    """At most `limit` frames: the best ones of different slices of time.

    Burst photos are worth having only when they differ, so a runner-up never comes from the
    winner's own slice nor from right beside it.  The best frame of all that were added is always
    in the pool (as far as its blinks were known when it was added).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._best_of_slice: dict[int, Candidate] = {}

    def __len__(self) -> int:
        return len(self._best_of_slice)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._best_of_slice.values())

    def add(self, candidate: Candidate) -> None:
        """Take the frame in where it is better than what is there; of equals the earlier stays."""
        time_slice = int(candidate.time_s // SLICE_S)
        rival = self._best_of_slice.get(time_slice)
        if rival is None or candidate.merit > rival.merit:
            self._best_of_slice[time_slice] = candidate
        self.shrink(self._limit)

    def add_all(self, candidates: Iterable[Candidate]) -> None:
        """Take in several."""
        for candidate in candidates:
            self.add(candidate)

    def shrink(self, limit: int) -> None:
        """Drop the worst frames beyond `limit`."""
        while len(self._best_of_slice) > limit:
            worst = min(self._best_of_slice, key=lambda key: _order(self._best_of_slice[key]))
            del self._best_of_slice[worst]

    def drop_before(self, time_s: float) -> None:
        """Forget frames taken before `time_s`."""
        for key in [k for k, c in self._best_of_slice.items() if c.time_s < time_s]:
            del self._best_of_slice[key]

    def blink_at(self, time_s: float) -> None:
        """Somebody's eyes are closed now: what was taken right before is marked as beside it."""
        for key, candidate in self._best_of_slice.items():
            if candidate.time_s >= time_s - BESIDE_BLINK_S:
                self._best_of_slice[key] = replace(candidate, beside_blink=True)

    def clear(self) -> None:
        """Forget everything."""
        self._best_of_slice.clear()

    def frames(self) -> frozenset[int]:
        """The numbers of the frames in the pool."""
        return frozenset(candidate.rating.frame for candidate in self)

    def choose(self, count: int) -> tuple[Candidate, ...]:
        """The best frame and up to `count` - 1 others that are not its or each other's neighbours.

        Best first.  Rather fewer than `count` than two that look alike.
        """
        chosen: list[Candidate] = []
        for candidate in sorted(self, key=_order, reverse=True):
            if len(chosen) == count:
                break
            if all(abs(candidate.time_s - other.time_s) >= NEIGHBOUR_S for other in chosen):
                chosen.append(candidate)
        return tuple(chosen)


def _order(candidate: Candidate) -> tuple[float, ...]:
    """By merit; of equals the earlier frame is the better one."""
    return (*candidate.merit, -candidate.time_s)
