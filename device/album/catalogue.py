"""The index as the album uses it: mended whenever it is damaged, from any thread."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from device.album.errors import AlbumError
from device.album.index import AlbumIndex, is_disks_fault
from device.album.names import number_of
from device.album.reconciliation import reconcile

logger = logging.getLogger(__name__)

RETRY_S: Final = 30.0
Result = TypeVar("Result")


class Catalogue:
    """What lies in the album's folder.

    The photos are the truth: an index that cannot be read is rebuilt from them, and one that could
    not be written is compared with them before it is asked again.

    Attributes:
        lock: hold it where several questions and changes belong together.

    Raises:
        AlbumError: the index cannot be made.
    """

    def __init__(self, folder: Path, index_file: Path) -> None:
        self.lock = threading.RLock()
        self._folder = folder
        self._mend_at_s: float | None = None
        self._next_number = 1
        try:
            self._index = AlbumIndex(index_file)
            self._mend()
        except (sqlite3.Error, OSError) as error:
            raise AlbumError(f"the album's index {index_file} cannot be used: {error}") from error

    def close(self) -> None:
        """Close the index; idempotent."""
        with self.lock:
            self._index.close()

    def take_number(self) -> int:
        """The number of the next shot: larger than any that was ever in this folder."""
        with self.lock:
            number = self._next_number
            self._next_number += 1
            return number

    def read(self, question: Callable[[AlbumIndex], Result]) -> Result:
        """Ask the index; a damaged one is rebuilt first.

        Raises:
            AlbumError: it cannot be read even so.
        """
        with self.lock:
            try:
                if self._mend_at_s is not None and time.monotonic() >= self._mend_at_s:
                    self._mend()
                return question(self._index)
            except sqlite3.ProgrammingError as error:
                raise AlbumError("the album is closed") from error
            except sqlite3.Error as error:
                logger.warning("The album's index is damaged and is rebuilt: %s", error)
            try:
                self.rebuild()
                return question(self._index)
            except (sqlite3.Error, OSError) as error:
                raise AlbumError(f"the album's index cannot be read: {error}") from error

    def note(self, change: Callable[[AlbumIndex], None]) -> None:
        """Change the index; where that fails the photos are safe, and the index is mended later."""
        with self.lock:
            try:
                change(self._index)
            except sqlite3.Error as error:
                logger.warning("The album's index cannot be written: %s", error)
                self._mend_at_s = time.monotonic()

    def rebuild(self) -> None:
        """Throw the index away and read every photo again.

        Raises:
            sqlite3.Error, OSError: a new one cannot be made.
        """
        with self.lock:
            self._index.recreate()
            self._reconcile()

    def _mend(self) -> None:
        """Compare with the folder; what a full or read-only disk refuses is tried again later."""
        try:
            self._reconcile()
        except sqlite3.Error as error:
            if not is_disks_fault(error):
                raise
            logger.warning("The album's index lacks the latest photos for now: %s", error)
            self._mend_at_s = time.monotonic() + RETRY_S

    def _reconcile(self) -> None:
        """Make the index say what the folder holds, and number new shots behind all of it."""
        in_names = (number_of(path.name) for path in self._folder.iterdir())
        self._next_number = max(self._next_number, 1 + max(in_names, default=0))
        reconcile(self._folder, self._index)
        self._next_number = max(self._next_number, 1 + self._index.highest_number)
        self._mend_at_s = None
