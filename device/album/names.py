"""Names of photos: they sort by the order of shooting and never collide."""

import re
from datetime import datetime
from typing import Final

from device.messages.clock import format_time

TEMPORARY_SUFFIX: Final = ".part"
ID_CHARACTERS: Final = 8
_NUMBERED: Final = re.compile(r"(\d{7,12})_")


def photo_name(number: int, time: datetime, shown_score: float, shot_id: str) -> str:
    """The name of a shot's photo, e.g. `0000042_2026-11-22T20-15-00.123Z_9.8_1a2b3c4d.jpg`.

    The shot's number comes first: a Raspberry Pi has no clock battery, its time jumps, and the
    names must sort by the order of shooting all the same.  No character in it needs quoting in a
    shell, an address or on a FAT disk.
    """
    moment = format_time(time).replace(":", "-")
    short_id = re.sub(r"[^0-9A-Za-z]", "", shot_id)[:ID_CHARACTERS] or "shot"
    return f"{number:07d}_{moment}_{shown_score:.1f}_{short_id}.jpg"


def runner_up_name(winner: str, place: int) -> str:
    """The name of the runner-up in second (`place` 2) or a later place; sorts beside its winner."""
    return f"{winner.removesuffix('.jpg')}-{place}.jpg"


def temporary_name(name: str) -> str:
    """The hidden name under which a photo is written before it appears."""
    return f".{name}{TEMPORARY_SUFFIX}"


def is_temporary(name: str) -> bool:
    """Whether this is a file that a crash left half-written."""
    return name.startswith(".") and name.endswith(TEMPORARY_SUFFIX)


def is_photo(name: str) -> bool:
    """Whether a file of this name may be a photo."""
    return name.lower().endswith((".jpg", ".jpeg")) and not name.startswith(".")


def number_of(name: str) -> int:
    """The shot's number in a photo's name; 0 where there is none (a name given by hand)."""
    match = _NUMBERED.match(name)
    return int(match.group(1)) if match else 0
