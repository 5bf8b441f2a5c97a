"""The index against the folder: photos may come and go while nobody looks."""

import logging
from pathlib import Path
from typing import Final

from device.album.errors import NotAShotError
from device.album.index import AlbumIndex
from device.album.metadata import PhotoRecord, read_record
from device.album.names import is_photo, number_of

logger = logging.getLogger(__name__)

UNANNOUNCED_AFTER_LOSS: Final = 16
"""Shots that a lost index may have left unannounced: announcing follows saving at once, so far
fewer can be open, and a whole album must not be announced again."""


def reconcile(folder: Path, index: AlbumIndex) -> None:
    """Add photos the index does not know, forget those that are gone.

    A photo numbered behind all that the index ever knew was saved right before a crash: it counts
    as unannounced.  Others were put there by hand (copies, restored backups) and do not.
    """
    present = frozenset(path.name for path in folder.iterdir() if is_photo(path.name))
    known = index.files()
    gone = known - present
    if gone:
        logger.info("%d photos were removed from the album by hand", len(gone))
        index.remove_files(gone)
    found = _read_all(folder, present - known)
    announced_up_to = _announced_up_to(found, index)
    for record, number in found:
        if index.get(record.shot.id) is None:  # a copy of a photo that is there does not count
            index.add((record,), number, announced=number <= announced_up_to)
    if found:
        logger.info("%d photos were found and added to the album's index", len(found))


def _announced_up_to(found: list[tuple[PhotoRecord, int]], index: AlbumIndex) -> int:
    if not index.is_new:
        return index.highest_number
    numbers = sorted(number for record, number in found if record.runner_up_of is None)
    index.is_new = False
    return numbers[-UNANNOUNCED_AFTER_LOSS - 1] if len(numbers) > UNANNOUNCED_AFTER_LOSS else -1


def _read_all(folder: Path, names: frozenset[str]) -> list[tuple[PhotoRecord, int]]:
    """The readable photos among the files, in the order of shooting."""
    found = []
    for name in names:
        try:
            record = read_record(folder / name)
        except NotAShotError as error:
            logger.debug("Not listed: %s", error)
            continue
        found.append((record, number_of(name) or number_of(record.saved_as)))
    return sorted(found, key=lambda item: (item[1], item[0].shot.file))
