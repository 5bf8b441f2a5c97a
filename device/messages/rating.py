"""A rating as JSON and back."""

from collections.abc import Mapping
from typing import Any

from device.messages.clock import format_time, parse_time
from device.vision.geometry import Box
from device.vision.rating import SMILE_LABELS, EyeReading, FaceReading, Rating, SmileReading

DECIMALS = 4


def _short(value: float) -> float:
    return round(value, DECIMALS)


def face_to_json(face: FaceReading) -> dict[str, Any]:
    """One face: its box normalised [x, y, width, height], its smile, its eyes."""
    box = face.box
    return {
        "box": [_short(v) for v in (box.x, box.y, box.width, box.height)],
        "confidence": _short(face.confidence),
        "sharpness": round(face.sharpness, 1),
        "smile": {
            "label": face.smile.label,
            "weight": face.smile.weight,
            "expected_weight": _short(face.smile.expected_weight),
            "probabilities": {
                label: _short(p)
                for label, p in zip(SMILE_LABELS, face.smile.probabilities, strict=True)
            },
        },
        "eyes": {"state": face.eyes.state, "open": face.eyes.open},
    }


def rating_to_json(rating: Rating) -> dict[str, Any]:
    """The rating in the one form that everything outside sees."""
    return {
        "frame": rating.frame,
        "time": format_time(rating.time),
        "score": _short(rating.score),
        "expected_score": _short(rating.expected_score),
        "smile": _short(rating.smile),
        "open_eye_ratio": _short(rating.open_eye_ratio),
        "smiling": rating.smiling,
        "eyes_open": rating.eyes_open,
        "waiting_for": rating.waiting_for,
        "faces": [face_to_json(face) for face in rating.faces],
    }


def face_from_json(data: Mapping[str, Any]) -> FaceReading:
    """Read one face back."""
    probabilities = data["smile"]["probabilities"]
    none, mild, moderate, huge = (float(probabilities[label]) for label in SMILE_LABELS)
    return FaceReading(
        box=Box(*(float(v) for v in data["box"])),
        confidence=float(data["confidence"]),
        sharpness=float(data["sharpness"]),
        smile=SmileReading((none, mild, moderate, huge)),
        eyes=EyeReading(data["eyes"]["state"], int(data["eyes"]["open"])),
    )


def rating_from_json(data: Mapping[str, Any]) -> Rating:
    """Read a rating back, as from a photo's metadata or a recorded `--ratings` file.

    Raises:
        ValueError: a field is missing or of the wrong type; the message names it.
    """
    try:
        return Rating(
            frame=int(data["frame"]),
            time=parse_time(data["time"]),
            score=float(data["score"]),
            expected_score=float(data["expected_score"]),
            smile=float(data["smile"]),
            open_eye_ratio=float(data["open_eye_ratio"]),
            smiling=bool(data["smiling"]),
            eyes_open=bool(data["eyes_open"]),
            faces=tuple(face_from_json(face) for face in data["faces"]),
            waiting_for=data["waiting_for"],
        )
    except KeyError as error:
        raise ValueError(f"the rating has no {error.args[0]!r}") from error
    except TypeError as error:
        raise ValueError(f"the rating is malformed: {error}") from error
