"""What the shutter says after every frame."""

from dataclasses import dataclass
from typing import Literal

from device.vision.rating import Rating

WaitingFor = Literal["faces", "smile", "eyes", "sharpness", "hold", "cooldown", "paused", "disk"]
ShotCause = Literal["score", "request"]


@dataclass(frozen=True, slots=True)
class Shot:
    """A moment that is over and worth a photo.

    `winner` is its best frame; `runners_up` the next best ones from other parts of the moment, best
    first.  `candidates` counts the frames the winner was chosen from.  `started_s` is when the
    score crossed the threshold (or the shot was requested), `ended_s` when the moment was closed,
    both in seconds of the frames' own clock.
    """

    winner: Rating
    runners_up: tuple[Rating, ...]
    candidates: int
    started_s: float
    ended_s: float
    cause: ShotCause

    @property
    def frames(self) -> frozenset[int]:
        """The frames whose full-resolution pictures the shot needs."""
        return frozenset(rating.frame for rating in (self.winner, *self.runners_up))


@dataclass(frozen=True, slots=True)
class Decision:
    """The shutter's answer to one frame.

    `waiting_for` names what kept it from shooting and `detail` says so in a sentence; both are
    None only where a shot was taken (or, at the end of a stream, where nothing was open).  `keep`
    are the frames whose full-resolution pictures must be held until the next decision; every other
    one may be released at once.  The frames of `shot` are always in `keep` of the same decision.
    """

    waiting_for: WaitingFor | None
    detail: str | None
    keep: frozenset[int]
    shot: Shot | None = None
