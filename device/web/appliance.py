"""What the page needs of the appliance; the daemon gives it parts that fit these protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from device.messages.shot import ShotEvent
from device.vision.rating import Rating

AlbumOrder = Literal["newest", "best"]
BgrImage = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class LivePicture:
    """One analysed picture as viewers see it.

    `image` is uint8 (height, width, 3), BGR, of the analysis size, and nobody changes it any more;
    `sequence` grows by one with each picture; `threshold` is the shutter's at that moment.
    """

    sequence: int
    image: BgrImage
    rating: Rating
    waiting_for: str | None
    threshold: float


class LiveView(Protocol):
    """The newest analysed picture.  Safe from any thread."""

    def wait(self, after: int, timeout_s: float) -> LivePicture | None:
        """Block for a picture with a higher sequence than `after`; None if none came in time."""
        ...

    def history(self) -> Sequence[tuple[float, float, float]]:
        """The last two minutes: (Unix time in seconds, score, expected score), oldest first."""
        ...

    def attach(self) -> None:
        """Count a viewer in."""
        ...

    def detach(self) -> None:
        """Count a viewer out."""
        ...


class UploadRater(Protocol):
    """Rates pictures beside the live camera, one at a time, with the same code."""

    def rate(self, data: bytes, max_pixels: int) -> tuple[BgrImage, Rating]:
        """Decode and rate one picture; the image is upright.  Blocking.

        Raises:
            ImageError: it gives no picture; the message is one sentence with the reason.
        """
        ...


class ShotFeed(Protocol):
    """The newest saved shot.  Safe from any thread."""

    def wait(self, after_id: str | None, timeout_s: float) -> ShotEvent | None:
        """Block until the newest shot is another than `after_id`; None if none came in time."""
        ...


class AlbumEntry(Protocol):
    """One photo of the album: its id, and the shot that it is the winner of."""

    @property
    def id(self) -> str:
        """Names the photo for ever."""
        ...

    @property
    def shot(self) -> ShotEvent:
        """The shot it belongs to."""
        ...


EntryT = TypeVar("EntryT", bound=AlbumEntry)


class AlbumView(Protocol[EntryT]):
    """The photos on disk.  Safe from any thread; everything may block on the disk."""

    def entries(
        self,
        order: AlbumOrder = "newest",
        *,
        limit: int = 100,
        offset: int = 0,
        day: str | None = None,
    ) -> tuple[EntryT, ...]:
        """One page of the album, of one local day (YYYY-MM-DD) if given."""
        ...

    def count(self, day: str | None = None) -> int:
        """How many photos there are, on that day if given."""
        ...

    def days(self) -> tuple[str, ...]:
        """The local days with photos, newest first."""
        ...

    def get(self, photo_id: str) -> EntryT | None:
        """One photo; None where there is none."""
        ...

    def path(self, entry: EntryT) -> Path:
        """Where the photo lies; it may be gone by the time it is opened."""
        ...

    def thumbnail(self, photo_id: str) -> Path:
        """A small JPEG of the photo, made once."""
        ...

    def delete(self, photo_id: str) -> None:
        """Delete the photo for good."""
        ...
