"""Which of two frames of one moment is the better photo."""

from dataclasses import dataclass
from math import floor, log
from statistics import fmean
from typing import Final

from device.vision.rating import Rating

EXPECTED_SCORE_STEP: Final = 0.02
"""Expected scores closer than this are equally good: less is noise of the smile network, and
without a step the next criteria would never be asked."""

SHARPNESS_STEP: Final = 1.1
"""Sharpness is compared in steps of ten percent, for the same reason."""

BESIDE_BLINK_S: Final = 0.15
"""Lids are half down this long before and after a frame whose eyes are called closed."""

AREA_STEP: Final = 1.25
"""The area of the faces is compared in steps of a quarter: boxes breathe by some percent."""

Rank = tuple[int, int, int, int, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A frame that may become a photo, and when it was taken (seconds of the frames' clock).

    `beside_blink` says that somebody's eyes were closed right before or after it.
    """

    rating: Rating
    time_s: float
    rank: Rank
    beside_blink: bool = False

    @classmethod
    def of(cls, rating: Rating, time_s: float, *, beside_blink: bool = False) -> "Candidate":
        """Rank the frame once; it is compared many times."""
        return cls(rating, time_s, rank(rating), beside_blink)

    @property
    def merit(self) -> tuple[float, ...]:
        """What candidates are compared by: larger is better.

        As `rank`, but of frames with equally many closed eyes those beside a blink come last.
        """
        closed, *others = self.rank
        return (closed, not self.beside_blink, *others)


def closed_faces(rating: Rating) -> int:
    """How many people have their eyes closed; eyes that cannot be judged do not count."""
    return sum(face.eyes.state == "closed" for face in rating.faces)


def rank(rating: Rating) -> Rank:
    """The sort key of a frame among the frames of its moment: larger is better.

    In this order: fewer faces with closed eyes (so a frame inside a blink never wins over one
    outside), the expected score in steps of `EXPECTED_SCORE_STEP`, the faces' mean sharpness in
    steps of ten percent, the area the faces cover in steps of a quarter, and at last the
    expected score as it is.
    """
    faces = rating.faces
    sharpness = fmean(max(0.0, face.sharpness) for face in faces) if faces else 0.0
    return (
        -closed_faces(rating),
        floor(rating.expected_score / EXPECTED_SCORE_STEP + 1e-6),
        round(log(1.0 + sharpness, SHARPNESS_STEP)),
        round(log(1.0 + 100 * sum(face.box.area for face in faces), AREA_STEP)),
        rating.expected_score,
    )
