"""One shot becomes files: the winner and its runners-up, each with its metadata."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from device.album.jpeg import Image, encode, with_metadata
from device.album.metadata import PhotoRecord, metadata_for
from device.album.names import photo_name, runner_up_name
from device.album.staged_files import StagedFiles
from device.messages.shot import ShotCause, ShotEvent
from device.vision.rating import Rating

SIZE_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class NewShot:
    """What is to be saved."""

    id: str
    number: int
    cause: ShotCause
    rating: Rating
    candidates: int


@dataclass(frozen=True, slots=True)
class CompressedPicture:
    """A picture as JPEG, still without metadata."""

    jpeg: memoryview
    width_px: int
    height_px: int

    @classmethod
    def of(cls, picture: Image, quality: int) -> "CompressedPicture":
        """Compress a uint8 (height, width, 3) BGR picture.

        Raises:
            ValueError: it is none.
        """
        jpeg = encode(picture, quality)
        return cls(jpeg, width_px=picture.shape[1], height_px=picture.shape[0])


def write_photos(
    folder: Path,
    new: NewShot,
    winner: CompressedPicture,
    runners_up: Iterable[tuple[Image, Rating]],
    *,
    quality: int,
    camera_name: str,
) -> tuple[PhotoRecord, ...]:
    """Write the shot's files; they appear runners-up first, the winner last.

    So a winner that is there has its whole burst.  Returns what was written, the winner last.

    Raises:
        AlbumFullError, AlbumError: as `StagedFiles` says; nothing remains.
        ValueError: a picture is no BGR picture.
    """
    winner_file = photo_name(new.number, new.rating.time, new.rating.shown_score, new.id)
    records: list[PhotoRecord] = []
    with StagedFiles(folder) as staged:
        # Not by enumerate, which would hold one 12-megapixel picture while the next is made.
        for image, rating in runners_up:
            place = len(records) + 2
            file = runner_up_name(winner_file, place)
            event = _event(replace(new, id=f"{new.id}-{place}", rating=rating), file, ())
            record = PhotoRecord(event, runner_up_of=new.id, saved_as=file)
            compressed = CompressedPicture.of(image, quality)
            del image
            records.append(_stage(staged, record, compressed, camera_name))
        event = _event(new, winner_file, tuple(record.shot.file for record in records))
        record = PhotoRecord(event, runner_up_of=None, saved_as=winner_file)
        records.append(_stage(staged, record, winner, camera_name))
        staged.commit()
    return tuple(records)


def _event(new: NewShot, file: str, runners_up: tuple[str, ...]) -> ShotEvent:
    """The event with the picture's size still open."""
    return ShotEvent(
        id=new.id,
        time=new.rating.time,
        cause=new.cause,
        file=file,
        width_px=0,
        height_px=0,
        bytes=0,
        candidates=new.candidates,
        rating=new.rating,
        runners_up=runners_up,
    )


def _stage(
    staged: StagedFiles, record: PhotoRecord, picture: CompressedPicture, camera_name: str
) -> PhotoRecord:
    """Write one photo out of sight.

    The file names its own size, and a longer number makes it longer: the size is put in until it
    is true, which it is after two or three rounds as it only grows.
    """
    size = len(picture.jpeg)
    for _ in range(SIZE_ROUNDS):
        shot = replace(
            record.shot, width_px=picture.width_px, height_px=picture.height_px, bytes=size
        )
        record = replace(record, shot=shot)
        pieces = with_metadata(picture.jpeg, *metadata_for(record, camera_name))
        total = sum(len(piece) for piece in pieces)
        if total == size:
            break
        size = total
    staged.write(record.shot.file, pieces)
    return record
