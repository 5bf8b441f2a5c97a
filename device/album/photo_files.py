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
class _Encoded:
    jpeg: memoryview
    width_px: int
    height_px: int


def write_photos(
    folder: Path,
    new: NewShot,
    picture: Image,
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
    # Compressed first: the winner's pixels are a tenth of their size while the others come.
    winner = _encoded(picture, quality)
    del picture
    records: list[PhotoRecord] = []
    with StagedFiles(folder) as staged:
        for place, (image, rating) in enumerate(runners_up, start=2):
            file = runner_up_name(winner_file, place)
            event = _event(replace(new, id=f"{new.id}-{place}", rating=rating), file, ())
            record = PhotoRecord(event, runner_up_of=new.id, saved_as=file)
            records.append(_stage(staged, record, _encoded(image, quality), camera_name))
            del image
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


def _encoded(picture: Image, quality: int) -> _Encoded:
    height_px, width_px = picture.shape[:2]
    return _Encoded(encode(picture, quality), width_px, height_px)


def _stage(
    staged: StagedFiles, record: PhotoRecord, encoded: _Encoded, camera_name: str
) -> PhotoRecord:
    """Write one photo out of sight.

    The file names its own size, and a longer number makes it longer: the size is put in until it
    is true, which it is after two or three rounds as it only grows.
    """
    size = len(encoded.jpeg)
    for _ in range(SIZE_ROUNDS):
        shot = replace(
            record.shot, width_px=encoded.width_px, height_px=encoded.height_px, bytes=size
        )
        record = replace(record, shot=shot)
        pieces = with_metadata(encoded.jpeg, *metadata_for(record, camera_name))
        total = sum(len(piece) for piece in pieces)
        if total == size:
            break
        size = total
    staged.write(record.shot.file, pieces)
    return record
