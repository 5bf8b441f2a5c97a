"""Small pictures for lists: made when first asked for, kept in a bounded cache."""

import os
import threading
from pathlib import Path
from typing import Final

from PIL import Image

from device.album.errors import AlbumError, PhotoNotFoundError
from device.album.names import temporary_name
from device.album.staged_files import remove_leftovers

LONG_SIDE_PX: Final = 360
QUALITY: Final = 80
MOST_KEPT: Final = 2000
"""About 40 MB.  Beyond it those not looked at for longest go; they can be made again."""


class Thumbnails:
    """The cache: one JPEG per photo, at most 360 pixels long, under the photo's own name."""

    def __init__(self, folder: Path, most_kept: int = MOST_KEPT) -> None:
        self._folder = folder
        self._most_kept = most_kept
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        self._kept = sum(1 for _ in folder.iterdir())

    def of(self, photo: Path) -> Path:
        """The thumbnail of a photo, made now if there is none yet.

        Raises:
            PhotoNotFoundError: the photo is gone.
            AlbumError: the photo is damaged or the cache cannot be written.
        """
        thumbnail = self._folder / photo.name
        with self._lock:
            try:
                if not thumbnail.exists():
                    self._make(photo, thumbnail)
                    self._kept += 1
                    self._shrink()
                else:
                    os.utime(thumbnail)
            except FileNotFoundError as error:
                raise PhotoNotFoundError(f"{photo.name} is no longer in the album") from error
            except (OSError, ValueError) as error:
                raise AlbumError(f"no thumbnail of {photo.name}: {error}") from error
        return thumbnail

    def forget(self, name: str) -> None:
        """Remove the thumbnail of a photo that is gone."""
        with self._lock:
            thumbnail = self._folder / name
            if thumbnail.exists():
                thumbnail.unlink(missing_ok=True)
                self._kept -= 1

    def keep_only(self, names: frozenset[str]) -> None:
        """Remove thumbnails of photos that are gone."""
        for path in list(self._folder.iterdir()):
            if path.name not in names:
                self.forget(path.name)

    def _make(self, photo: Path, thumbnail: Path) -> None:
        """Decode at a reduced size (libjpeg scales while decoding) and write it atomically."""
        temporary = thumbnail.with_name(temporary_name(thumbnail.name))
        try:
            with Image.open(photo, formats=["JPEG"]) as picture:
                picture.draft("RGB", (LONG_SIDE_PX, LONG_SIDE_PX))
                picture.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX))
                with temporary.open("wb") as file:
                    picture.save(file, "JPEG", quality=QUALITY, exif=b"", xmp=b"")
                    file.flush()
                    os.fsync(file.fileno())
            temporary.rename(thumbnail)
        finally:
            temporary.unlink(missing_ok=True)

    def _shrink(self) -> None:
        if self._kept <= self._most_kept:
            return
        # A tenth at once, so that the folder is not listed for every new thumbnail.
        by_use = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in by_use[: len(by_use) - self._most_kept + self._most_kept // 10]:
            path.unlink(missing_ok=True)
            self._kept -= 1
