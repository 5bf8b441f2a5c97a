"""The album: saves shots, lists them, lets them go."""

import logging
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from device.album.catalogue import Catalogue
from device.album.entry import AlbumEntry
from device.album.errors import AlbumError, AlbumFullError, PhotoNotFoundError
from device.album.folder_lock import FolderLock
from device.album.index import AlbumIndex, Order
from device.album.jpeg import Image
from device.album.photo_files import CompressedPicture, NewShot, write_photos
from device.album.retention import MEGABYTE, expired
from device.album.staged_files import remove_leftovers
from device.album.thumbnails import Thumbnails
from device.config.album import AlbumSettings
from device.messages.shot import ShotCause, ShotEvent
from device.vision.rating import Rating

logger = logging.getLogger(__name__)

INNER_FOLDER: Final = ".album"


def now_utc() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Album:
    """A folder of photos with an index beside them.  Safe to use from several threads.

    Photos lie directly in `folder`; index, thumbnails and lock in its hidden folder `.album`, which
    may be deleted while the album is closed: all but the thumbnails is rebuilt from the photos.
    Pictures put there by hand are left alone; those of this appliance are listed.

    Raises:
        AlbumError: the folder cannot be used, or another process uses it.
    """

    def __init__(
        self,
        folder: Path,
        settings: AlbumSettings,
        *,
        camera_name: str,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._camera_name = camera_name
        self._clock = clock
        self._saving = threading.Lock()
        self._bytes_refused = 0
        inner = folder / INNER_FOLDER
        try:
            inner.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(inner / "lock")
            try:
                self._open(inner)
            except BaseException:
                self._lock.release()
                raise
        except OSError as error:
            raise AlbumError(
                f"the album folder {folder} cannot be used: {error.strerror}; "
                "check that the disk is mounted and that the service may write there"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index and let other processes in; idempotent."""
        with self._saving:
            self._catalogue.close()
            self._lock.release()

    def update(self, settings: AlbumSettings) -> None:
        """Use other limits and quality from now on; the folder stays."""
        self._settings = settings

    # Saving.

    def save(
        self,
        shot_id: str,
        cause: ShotCause,
        picture: Image,
        rating: Rating,
        candidates: int,
        runners_up: Iterable[tuple[Image, Rating]] = (),
    ) -> ShotEvent:
        """Save a shot; when this returns, its files survive a power cut.

        Pictures are uint8 (height, width, 3) BGR, upright.  `runners_up` may be a generator: its
        pictures are taken, compressed and dropped one after the other.

        Raises:
            AlbumFullError: the floor of free disk is reached, or the disk filled up meanwhile.
            AlbumError: the files cannot be written, or the id was saved before.  Nothing of the
                shot is left on the disk.
            ValueError: a picture is no BGR picture.
        """
        with self._saving:
            self._refuse_where_impossible(shot_id)
            quality = self._settings.jpeg_quality
            winner = CompressedPicture.of(picture, quality)
            del picture  # a tenth of it is needed while the runners-up come
            new = NewShot(shot_id, self._catalogue.take_number(), cause, rating, candidates)
            try:
                saved = write_photos(
                    self._folder,
                    new,
                    winner,
                    runners_up,
                    quality=quality,
                    camera_name=self._camera_name,
                )
            except AlbumFullError:
                self._bytes_refused = 2 * len(winner.jpeg)
                raise
            self._bytes_refused = 0
            # Should this be lost, the next start finds the files and adds them.
            self._catalogue.note(lambda index: index.add(saved, new.number, announced=False))
            return saved[-1].shot

    def free_bytes(self) -> int:
        """Free bytes on the album's disk; 0 where it is gone."""
        try:
            return shutil.disk_usage(self._folder).free
        except OSError:
            return 0

    @property
    def is_full(self) -> bool:
        """Whether shooting must pause: the floor is reached, or the last shot did not fit."""
        floor = self._settings.min_free_megabytes * MEGABYTE
        free = self.free_bytes()
        return free < floor or free < self._bytes_refused or not free

    def apply_retention(self) -> int:
        """Delete what the configuration's rules let go, oldest first; returns how many shots.

        Without a rule nothing is ever deleted.
        """
        settings = self._settings
        if not (settings.keep_photos or settings.keep_megabytes or settings.keep_days):
            return 0
        now_s = self._clock().timestamp()
        with self._catalogue.lock:
            doomed = self._catalogue.read(
                lambda index: expired(index.stored_shots(), *index.totals(), settings, now_s)
            )
            self._remove(
                entry
                for shot_id in doomed
                for entry in self._catalogue.read(partial(AlbumIndex.of_shot, shot_id=shot_id))
            )
        if doomed:
            logger.info("%d old shots were deleted by the album's rules", len(doomed))
        return len(doomed)

    # Reading.

    def entries(
        self,
        order: Order = "newest",
        *,
        limit: int = 100,
        offset: int = 0,
        day: str | None = None,
    ) -> tuple[AlbumEntry, ...]:
        """A page of the shots (winners), of one local day (YYYY-MM-DD) if given.

        "newest" is the order of shooting, also where the clock jumped; "best" is by score.
        """
        return self._catalogue.read(lambda index: index.entries(order, limit, offset, day))

    def count(self, day: str | None = None) -> int:
        """How many shots there are (of one local day, YYYY-MM-DD)."""
        return self._catalogue.read(lambda index: index.count(day))

    def days(self) -> tuple[str, ...]:
        """The local days (YYYY-MM-DD) with shots, newest first."""
        return self._catalogue.read(AlbumIndex.days)

    def get(self, photo_id: str) -> AlbumEntry | None:
        """One photo by its id, a shot's or a runner-up's; None where there is none."""
        return self._catalogue.read(lambda index: index.get(photo_id))

    def runners_up(self, shot_id: str) -> tuple[AlbumEntry, ...]:
        """The runners-up of a shot that are still there, best first."""
        photos = self._catalogue.read(lambda index: index.of_shot(shot_id))
        return tuple(entry for entry in photos if not entry.is_winner)

    def path(self, entry: AlbumEntry) -> Path:
        """Where the photo lies (it may be gone by the time it is opened)."""
        return self._folder / entry.file

    def thumbnail(self, photo_id: str) -> Path:
        """A JPEG at most 360 pixels long; made when first asked for.

        Raises:
            PhotoNotFoundError: there is no such photo.
            AlbumError: it cannot be made.
        """
        entry = self.get(photo_id)
        if entry is None:
            raise PhotoNotFoundError(f"the album has no photo {photo_id!r}")
        return self._thumbnails.of(self.path(entry))

    def delete(self, photo_id: str) -> None:
        """Delete a shot with its runners-up, or a single runner-up.

        Raises:
            PhotoNotFoundError: there is no such photo.
            AlbumError: the file cannot be deleted.
        """
        with self._catalogue.lock:
            entry = self.get(photo_id)
            if entry is None:
                raise PhotoNotFoundError(f"the album has no photo {photo_id!r}")
            whole = self._catalogue.read(lambda index: index.of_shot(entry.shot_id))
            self._remove(whole if entry.is_winner else (entry,))

    # Announcing.

    def unannounced(self) -> tuple[ShotEvent, ...]:
        """Shots that lie in the album but were never marked as announced, oldest first."""
        return tuple(entry.shot for entry in self._catalogue.read(AlbumIndex.unannounced))

    def mark_announced(self, shot_id: str) -> None:
        """Note that the shot's event is safe with whoever delivers it."""
        self._catalogue.note(lambda index: index.mark_announced(shot_id))

    # The index.

    def rebuild_index(self) -> None:
        """Throw the index away and read every photo again.

        Which shots were announced is lost with it; of those found only the newest few count as not
        announced (a lost index must not announce a whole album again).

        Raises:
            AlbumError: a new index cannot be made.
        """
        try:
            self._catalogue.rebuild()
        except (sqlite3.Error, OSError) as error:
            raise AlbumError(f"the album's index cannot be rebuilt: {error}") from error

    def _open(self, inner: Path) -> None:
        leftovers = remove_leftovers(self._folder)
        if leftovers:
            logger.warning("%d half-written photos of a crash were removed", leftovers)
        self._catalogue = Catalogue(self._folder, inner / "index.sqlite3")
        self._thumbnails = Thumbnails(inner / "thumbnails")
        self._thumbnails.keep_only(self._catalogue.read(AlbumIndex.files))

    def _remove(self, photos: Iterable[AlbumEntry]) -> None:
        removed = []
        try:
            for entry in photos:
                self.path(entry).unlink(missing_ok=True)
                self._thumbnails.forget(entry.file)
                removed.append(entry.file)
        except OSError as error:
            raise AlbumError(f"a photo cannot be deleted: {error}") from error
        finally:
            self._catalogue.note(lambda index: index.remove_files(removed))

    def _refuse_where_impossible(self, shot_id: str) -> None:
        if self.is_full:
            free = self.free_bytes() / MEGABYTE
            raise AlbumFullError(
                f"the disk of {self._folder} has {free:.0f} MB free, "
                f"{self._settings.min_free_megabytes} MB must stay free; delete photos or set "
                "album.keep_photos, keep_megabytes or keep_days"
            )
        if self.get(shot_id) is not None:
            raise AlbumError(f"the shot {shot_id!r} was saved before")
