"""Files that appear whole and together, or not at all."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from device.album.errors import AlbumError, AlbumFullError
from device.album.names import is_temporary, temporary_name

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
Chunk = bytes | memoryview


class StagedFiles:
    """Writes files under temporary names in their own folder; `commit` makes them appear.

    Each file is on the disk itself (fsync) before it gets its name, and the folder after the last
    one did.  They appear in the order they were written, so the last one's presence says that all
    are there.  Leaving the `with` block without `commit`, by an error too, removes them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staged: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in self._staged:
            (self._folder / temporary_name(name)).unlink(missing_ok=True)

    def write(self, name: str, chunks: Iterable[Chunk]) -> None:
        """Write one file, out of sight.

        Raises:
            AlbumFullError: the disk is full.
            AlbumError: it cannot be written for another reason.
        """
        self._staged.append(name)
        try:
            with (self._folder / temporary_name(name)).open("xb", buffering=0) as file:
                for chunk in chunks:
                    _write_all(file.fileno(), chunk)
                os.fsync(file.fileno())
        except OSError as error:
            raise _explained(error, self._folder) from error

    def commit(self) -> None:
        """Give every file its name.

        Raises:
            AlbumError: a name is taken, or the folder cannot be written.
        """
        try:
            while self._staged:
                name = self._staged[0]
                if (self._folder / name).exists():
                    raise AlbumError(f"{self._folder / name} exists already; it was not replaced")
                (self._folder / temporary_name(name)).rename(self._folder / name)
                self._staged.pop(0)
            sync_folder(self._folder)
        except OSError as error:
            raise _explained(error, self._folder) from error


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network and FUSE file systems have no folder fsync; there is nothing else to do.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def remove_leftovers(folder: Path) -> int:
    """Remove files that a crash left half-written and return how many there were."""
    leftovers = [path for path in folder.iterdir() if is_temporary(path.name)]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def _write_all(descriptor: int, chunk: Chunk) -> None:
    """A write may take only a part: the rest of it tells why."""
    rest = memoryview(chunk).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _explained(error: OSError, folder: Path) -> AlbumError:
    if error.errno in _NO_ROOM:
        return AlbumFullError(f"the disk of {folder} is full: {error.strerror}")
    if error.errno == errno.EROFS:
        return AlbumError(
            f"the disk of {folder} is read-only; Linux does this to a failing SD card: "
            "check `dmesg` and replace the card"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return AlbumError(f"no permission to write to {folder}; it must belong to the service")
    return AlbumError(f"cannot write to {folder}: {error.strerror or error}")
