"""The rating formula: pure arithmetic from what was seen in a frame to one printability score."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum
from typing import Final, Literal

from device.vision.geometry import Box

SmileLabel = Literal["none", "mild", "moderate", "huge"]
EyeState = Literal["open", "closed", "unknown"]
UnknownEyes = Literal["neutral", "open", "closed"]

SMILE_LABELS: Final[tuple[SmileLabel, ...]] = ("none", "mild", "moderate", "huge")
SMILE_WEIGHTS: Final[tuple[float, ...]] = (0.2, 0.5, 0.7, 1.0)
SMILE_SHARE: Final = 0.8
EYE_SHARE: Final = 0.2
SMILING_FROM: Final = 0.4
EYES_OPEN_FROM: Final = 0.8
NEUTRAL_EYE_RATIO: Final = 0.5
MAX_EYES: Final = 2
# Probabilities that add up to less than this say nothing, and dividing by them overflows.
NEGLIGIBLE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class SmileReading:
    """What the smile network says of one face.

    `probabilities` are in the order of `SMILE_LABELS` (none, mild, moderate, huge), each 0 to 1.
    """

    probabilities: tuple[float, float, float, float]

    @property
    def label(self) -> SmileLabel:
        """The class with the highest probability; the weaker smile where two tie."""
        return SMILE_LABELS[self.probabilities.index(max(self.probabilities))]

    @property
    def weight(self) -> float:
        """The smile weight of `label`: 0.2, 0.5, 0.7 or 1.0."""
        return SMILE_WEIGHTS[SMILE_LABELS.index(self.label)]

    @property
    def expected_weight(self) -> float:
        """The expectation of the smile weight over the class probabilities, 0.2 to 1.0."""
        total = fsum(self.probabilities)
        if total < NEGLIGIBLE:
            return self.weight
        weighted = fsum(w * p for w, p in zip(SMILE_WEIGHTS, self.probabilities, strict=True))
        return weighted / total


@dataclass(frozen=True, slots=True)
class EyeReading:
    """What is known of one face's eyes.

    `state` is "open" when at least one eye is open, "closed" when eyes were seen and none is open,
    "unknown" when no eye can be judged (sunglasses, profile, too small, too dark).  `open` counts
    open eyes, 0 to 2; it is 0 where the state is unknown.  `probability` that the eyes are open,
    where the method gives one.
    """

    state: EyeState
    open: int
    probability: float | None = None

    def __post_init__(self) -> None:
        """Refuse combinations that cannot be.

        Raises:
            ValueError: more than two eyes, or a count that contradicts the state.
        """
        if not 0 <= self.open <= MAX_EYES or (self.state == "open") != (self.open > 0):
            raise ValueError(f"eyes cannot be {self.state} with {self.open} open")


@dataclass(frozen=True, slots=True)
class FaceReading:
    """One face of a frame: where it is and what was seen of it."""

    box: Box
    confidence: float
    sharpness: float
    smile: SmileReading
    eyes: EyeReading


@dataclass(frozen=True, slots=True)
class Rating:
    """The rating of one frame.  `time` is timezone-aware UTC; scores run from 0 to 1."""

    frame: int
    time: datetime
    score: float
    expected_score: float
    smile: float
    open_eye_ratio: float
    smiling: bool
    eyes_open: bool
    faces: tuple[FaceReading, ...]
    waiting_for: str | None = None

    @property
    def shown_score(self) -> float:
        """The score as people are shown it: 0.0 to 10.0 with one decimal."""
        return round(10 * self.score, 1)


def open_eye_ratio(eyes: Sequence[EyeReading], unknown: UnknownEyes = "neutral") -> float:
    """Half the open eyes per face, 0 to 1; 0 without faces.

    Faces whose eyes are unknown count by the rule `unknown`: "neutral" leaves them out (and where
    no face's eyes are known the ratio is the middle, 0.5: an unknown pair neither earns nor
    costs), "open" counts both their eyes as open, "closed" counts none.
    """
    if not eyes:
        return 0.0
    assumed_open = MAX_EYES if unknown == "open" else 0
    counted = [
        assumed_open if reading.state == "unknown" else reading.open
        for reading in eyes
        if reading.state != "unknown" or unknown != "neutral"
    ]
    return 0.5 * (sum(counted) / len(counted)) if counted else NEUTRAL_EYE_RATIO


def rate(
    faces: Sequence[FaceReading],
    *,
    frame: int,
    time: datetime,
    unknown_eyes: UnknownEyes = "neutral",
) -> Rating:
    """Apply the rating formula to the faces of one frame.

    score = 0.8 × mean smile weight + 0.2 × open-eye ratio; `expected_score` is the same with each
    face's weight replaced by its expectation, a finer scale to rank frames of one moment by.
    """
    count = len(faces)
    smile = fsum(face.smile.weight for face in faces) / count if count else 0.0
    expected = fsum(face.smile.expected_weight for face in faces) / count if count else 0.0
    ratio = open_eye_ratio([face.eyes for face in faces], unknown_eyes)
    return Rating(
        frame=frame,
        time=time,
        score=SMILE_SHARE * smile + EYE_SHARE * ratio,
        expected_score=SMILE_SHARE * expected + EYE_SHARE * ratio,
        smile=smile,
        open_eye_ratio=ratio,
        smiling=smile >= SMILING_FROM,
        eyes_open=ratio >= EYES_OPEN_FROM,
        faces=tuple(faces),
    )
