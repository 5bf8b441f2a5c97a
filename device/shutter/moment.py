"""Moments in progress: the frames between the crossing, or a request, and the shot."""

from dataclasses import dataclass

from device.shutter.decision import Shot, ShotCause
from device.shutter.pool import Pool
from device.shutter.ranking import Candidate


@dataclass(slots=True)
class Moment:
    """The best frames so far, how many there were, since when and why they are collected."""

    started_s: float
    cause: ShotCause
    pool: Pool
    candidates: int = 0

    def add(self, candidate: Candidate) -> None:
        """One more frame that may win."""
        self.pool.add(candidate)
        self.candidates += 1

    def close(self, ended_s: float, photos: int) -> Shot:
        """The shot: the winner and up to `photos` - 1 runners-up.

        Raises:
            ValueError: no frame was ever added.
        """
        if not self.candidates:
            raise ValueError("a moment without frames cannot end in a shot")
        winner, *others = self.pool.choose(photos)
        return Shot(
            winner=winner.rating,
            runners_up=tuple(candidate.rating for candidate in others),
            candidates=self.candidates,
            started_s=self.started_s,
            ended_s=ended_s,
            cause=self.cause,
        )


@dataclass(slots=True)
class Request:
    """A shot that was asked for: its moment begins with the first frame that comes after."""

    asked_s: float
    pool: Pool
    first_s: float = 0.0
    moment: Moment | None = None

    def take(self, candidate: Candidate, open_moment: Moment | None) -> Moment:
        """Count one more frame and, once, those of the moment that was open when it was asked."""
        if self.moment is None:
            self.first_s = candidate.time_s
            started_s = min(self.asked_s, candidate.time_s)
            self.moment = Moment(started_s, "request", self.pool)
            if open_moment is not None:
                self.moment.started_s = min(started_s, open_moment.started_s)
                self.moment.candidates = open_moment.candidates
                self.pool.add_all(open_moment.pool)
        self.moment.add(candidate)
        return self.moment
