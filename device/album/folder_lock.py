"""One process at a time per album."""

import errno
import fcntl
import os
from pathlib import Path
from typing import Final

from device.album.errors import AlbumError

_UNSUPPORTED: Final = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)


class FolderLock:
    """Held from construction to `release`; the kernel releases it when the process dies.

    Raises:
        AlbumError: another process (or another album object) has it.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # A disk that cannot lock (some network shares) is trusted to have one user.
            if error.errno in _UNSUPPORTED:
                return
            self.release()
            raise AlbumError(
                f"the album {path.parent.parent} is in use; is the service running? "
                "Stop it or name another folder"
            ) from error

    def release(self) -> None:
        """Let others in; idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
