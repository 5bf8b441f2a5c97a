"""A photo as the album lists it."""

from dataclasses import dataclass
from datetime import datetime

from device.messages.shot import ShotEvent


@dataclass(frozen=True, slots=True)
class AlbumEntry:
    """One photo in the album.

    `id` is the shot's id for a winner; a runner-up has an id of its own and `shot_id` names the
    shot it belongs to.  `number` counts the album's shots and orders them even where the clock
    jumped.  `file` is the name inside the album's folder, `shot` what the photo's metadata say.
    """

    id: str
    shot_id: str
    number: int
    file: str
    time: datetime
    shot: ShotEvent

    @property
    def is_winner(self) -> bool:
        """Whether this is the shot itself, not one of its runners-up."""
        return self.id == self.shot_id
