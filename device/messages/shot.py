"""A shot as the outside sees it: an event with an id of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from device.messages.clock import format_time, parse_time
from device.messages.rating import rating_from_json, rating_to_json
from device.vision.rating import Rating

ShotCause = Literal["score", "request"]


@dataclass(frozen=True, slots=True)
class ShotEvent:
    """A photo that lies whole in the album.

    `id` is unique for ever (a consumer drops duplicates by it); `time` is when the winning frame
    was taken (aware UTC); `file` is the photo's name inside the album, `runners_up` the burst's;
    `candidates` counts the frames the winner was chosen from.
    """

    id: str
    time: datetime
    cause: ShotCause
    file: str
    width_px: int
    height_px: int
    bytes: int
    candidates: int
    rating: Rating
    runners_up: tuple[str, ...] = ()


def shot_to_json(shot: ShotEvent) -> dict[str, Any]:
    """The event as published."""
    return {
        "id": shot.id,
        "time": format_time(shot.time),
        "cause": shot.cause,
        "file": shot.file,
        "width_px": shot.width_px,
        "height_px": shot.height_px,
        "bytes": shot.bytes,
        "candidates": shot.candidates,
        "runners_up": list(shot.runners_up),
        "rating": rating_to_json(shot.rating),
    }


def shot_from_json(data: Mapping[str, Any]) -> ShotEvent:
    """Read an event back, as from a photo's metadata.

    Raises:
        ValueError: a field is missing or malformed.
    """
    try:
        return ShotEvent(
            id=str(data["id"]),
            time=parse_time(data["time"]),
            cause=data["cause"],
            file=str(data["file"]),
            width_px=int(data["width_px"]),
            height_px=int(data["height_px"]),
            bytes=int(data["bytes"]),
            candidates=int(data["candidates"]),
            rating=rating_from_json(data["rating"]),
            runners_up=tuple(str(name) for name in data["runners_up"]),
        )
    except KeyError as error:
        raise ValueError(f"the shot has no {error.args[0]!r}") from error
    except TypeError as error:
        raise ValueError(f"the shot is malformed: {error}") from error
