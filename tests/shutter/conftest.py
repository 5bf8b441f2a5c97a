"""Ratings as the formula gives them, for people described in a word or two."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from device.vision.geometry import Box
from device.vision.rating import EyeReading, FaceReading, Rating, SmileReading, rate

PROBABILITIES = {
    "none": (1.0, 0.0, 0.0, 0.0),
    "mild": (0.0, 1.0, 0.0, 0.0),
    "moderate": (0.0, 0.0, 1.0, 0.0),
    "huge": (0.0, 0.0, 0.0, 1.0),
}
START = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)

Person = tuple[str, str]
Look = Callable[..., Rating]


@pytest.fixture(scope="session")
def look() -> Look:
    """Rate a frame of people given as (smile, eyes), e.g. ("huge", "open")."""

    def rated(
        frame: int,
        *people: Person,
        sharpness: float = 30.0,
        expected: float | None = None,
        size: float = 0.2,
    ) -> Rating:
        faces = [face(smile, eyes, sharpness, size) for smile, eyes in people]
        rating = rate(faces, frame=frame, time=START + timedelta(seconds=frame / 25))
        return rating if expected is None else replace(rating, expected_score=expected)

    return rated


def face(smile: str, eyes: str, sharpness: float, size: float) -> FaceReading:
    return FaceReading(
        box=Box(0.4, 0.2, size, size),
        confidence=0.99,
        sharpness=sharpness,
        smile=SmileReading(PROBABILITIES[smile]),
        eyes=EyeReading(eyes, 2 if eyes == "open" else 0),
    )


@pytest.fixture(scope="session")
def film() -> Callable[..., list]:
    """Let a shutter see frames at an even rate; gives the decisions in order."""

    def shown(shutter, ratings: Sequence[Rating], *, rate_hz: float = 25.0, start_s: float = 0.0):
        return [
            shutter.observe(rating, start_s + place / rate_hz)
            for place, rating in enumerate(ratings)
        ]

    return shown
