"""What a frame must show to be worth a photo, and the sentence that says what it lacks."""

from dataclasses import dataclass
from typing import Final

from device.config.shutter import ShutterSettings
from device.shutter.decision import WaitingFor
from device.shutter.ranking import closed_faces
from device.vision.rating import EYE_SHARE, SMILE_SHARE, Rating

TOLERANCE: Final = 1e-9
"""Scores are sums of products: 0.8 * 0.9 + 0.2 must reach a threshold of 0.92."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What a frame lacks to be worth a photo."""

    waiting_for: WaitingFor
    detail: str


def lack_of(rating: Rating, settings: ShutterSettings) -> Lack | None:
    """The first thing the frame lacks, or None where it may become a photo."""
    return (
        _faces_lacking(rating, settings)
        or _score_lacking(rating, settings)
        or _open_eyes_lacking(rating, settings)
        or _sharpness_lacking(rating, settings)
    )


def has_fallen(rating: Rating, settings: ShutterSettings) -> bool:
    """Whether the score is so low that a moment is over; without a face it always is."""
    release = settings.threshold - settings.hysteresis
    return not rating.faces or rating.score < release - TOLERANCE


def _faces_lacking(rating: Rating, settings: ShutterSettings) -> Lack | None:
    found, needed = len(rating.faces), settings.minimum_faces
    if found >= needed:
        return None
    return Lack("faces", f"{found} of {needed} faces in view" if found else "nobody in view")


def _score_lacking(rating: Rating, settings: ShutterSettings) -> Lack | None:
    """Below the threshold: open eyes are what is missing where they alone would lift it there."""
    if rating.score >= settings.threshold - TOLERANCE:
        return None
    with_open_eyes = SMILE_SHARE * rating.smile + EYE_SHARE
    eyes_would_do = with_open_eyes >= settings.threshold - TOLERANCE
    reached = f"the score is {rating.score:.2f}, {settings.threshold:.2f} is needed"
    if eyes_would_do:
        return Lack("eyes", f"{reached}; the smile is enough, open eyes are missing")
    return Lack("smile", reached)


def _open_eyes_lacking(rating: Rating, settings: ShutterSettings) -> Lack | None:
    closed = closed_faces(rating)
    if not settings.everybody_open_eyes or not closed:
        return None
    people = "one person has" if closed == 1 else f"{closed} people have"
    return Lack("eyes", f"{people} closed eyes")


def _sharpness_lacking(rating: Rating, settings: ShutterSettings) -> Lack | None:
    sharpest = max((face.sharpness for face in rating.faces), default=0.0)
    if sharpest >= settings.min_sharpness:
        return None
    return Lack(
        "sharpness",
        f"the sharpest face has {sharpest:.1f}, {settings.min_sharpness:.1f} is needed",
    )
