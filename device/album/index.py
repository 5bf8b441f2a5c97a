"""The album's index: what lies in the folder, found without opening every file.

SQLite in one file.  Everything in it can be read from the photos again, except which shots have
been announced; it is therefore written without waiting for the disk (few writes to the SD card),
and what a power cut takes from it is put back at the next start.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

from device.album.entry import AlbumEntry
from device.album.metadata import PhotoRecord
from device.album.retention import StoredShot
from device.messages.shot import shot_from_json, shot_to_json

logger = logging.getLogger(__name__)

Order = Literal["newest", "best"]

SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE photos (
    id TEXT PRIMARY KEY, shot_id TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL UNIQUE,
    time_ms INTEGER NOT NULL, day TEXT NOT NULL, score REAL NOT NULL, expected_score REAL NOT NULL,
    bytes INTEGER NOT NULL, winner INTEGER NOT NULL, announced INTEGER NOT NULL, shot TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX by_number ON photos (winner, number, day);
CREATE INDEX by_score ON photos (winner, score, expected_score, number, day);
CREATE INDEX by_shot ON photos (shot_id, number, bytes, time_ms, file);
CREATE INDEX by_announcement ON photos (announced, winner) WHERE announced = 0;
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_DISKS_FAULTS: Final = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
)
_ORDERS: Final[dict[Order, str]] = {
    "newest": "number DESC",
    "best": "score DESC, expected_score DESC, number DESC",
}


class AlbumIndex:
    """One connection; the album calls it from one thread at a time.

    Raises (every method): sqlite3.Error, where the file is damaged or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_new = False
        try:
            self._db = self._connect(str(path))
        except sqlite3.DatabaseError as error:
            logger.warning("The album's index %s is damaged and begun anew: %s", path, error)
            self._db = self._begin()

    def close(self) -> None:
        """Write everything into the one file and close it."""
        self._db.close()

    def recreate(self) -> None:
        """Throw the index away and begin an empty one."""
        self._db.close()
        self._db = self._begin()

    def add(self, records: Iterable[PhotoRecord], number: int, *, announced: bool) -> None:
        """Add or replace photos of one number, all or none."""
        with self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO photos VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                [_row(record, number, announced=announced) for record in records],
            )
            self._db.execute(
                "INSERT OR REPLACE INTO facts VALUES ('highest_number', ?)",
                (max(number, self.highest_number),),
            )

    @property
    def highest_number(self) -> int:
        """The largest shot number ever added, deleted ones included; 0 at first."""
        row = self._db.execute("SELECT value FROM facts WHERE name = 'highest_number'").fetchone()
        return int(row[0]) if row else 0

    def files(self) -> frozenset[str]:
        """The names of all photos."""
        return frozenset(row[0] for row in self._db.execute("SELECT file FROM photos"))

    def remove_files(self, names: Iterable[str]) -> None:
        """Forget photos."""
        with self._db:
            self._db.executemany("DELETE FROM photos WHERE file = ?", [(name,) for name in names])

    def count(self, day: str | None) -> int:
        """How many shots there are (of one local day)."""
        query = "SELECT COUNT(*) FROM photos WHERE winner = 1 AND (?1 IS NULL OR day = ?1)"
        return int(self._db.execute(query, (day,)).fetchone()[0])

    def days(self) -> tuple[str, ...]:
        """The local days with shots, newest first."""
        rows = self._db.execute("SELECT DISTINCT day FROM photos WHERE winner = 1 ORDER BY 1 DESC")
        return tuple(row[0] for row in rows)

    def get(self, photo_id: str) -> AlbumEntry | None:
        """One photo, winner or runner-up."""
        found = self._entries("WHERE id = ?", (photo_id,))
        return found[0] if found else None

    def entries(
        self, order: Order, limit: int, offset: int, day: str | None
    ) -> tuple[AlbumEntry, ...]:
        """A page of the shots, without runners-up."""
        return self._entries(
            "WHERE winner = 1 AND (?1 IS NULL OR day = ?1) "
            f"ORDER BY {_ORDERS[order]} LIMIT ?2 OFFSET ?3",
            (day, limit, offset),
        )

    def of_shot(self, shot_id: str) -> tuple[AlbumEntry, ...]:
        """All photos of a shot: the winner (where it is still there) and then its runners-up."""
        return self._entries("WHERE shot_id = ? ORDER BY winner DESC, file", (shot_id,))

    def unannounced(self) -> tuple[AlbumEntry, ...]:
        """Shots not yet marked as announced, oldest first."""
        return self._entries("WHERE announced = 0 AND winner = 1 ORDER BY number", ())

    def mark_announced(self, shot_id: str) -> None:
        """Note that a shot was announced."""
        with self._db:
            self._db.execute("UPDATE photos SET announced = 1 WHERE id = ?", (shot_id,))

    def totals(self) -> tuple[int, int]:
        """How many shots there are, runners-up without a winner included, and their bytes."""
        row = self._db.execute(
            "SELECT COUNT(DISTINCT shot_id), COALESCE(SUM(bytes), 0) FROM photos"
        ).fetchone()
        return int(row[0]), int(row[1])

    def stored_shots(self) -> Iterator[StoredShot]:
        """All shots for retention to choose from, oldest first."""
        rows = self._db.execute(
            "SELECT shot_id, SUM(bytes), MAX(time_ms) FROM photos GROUP BY shot_id "
            "ORDER BY MIN(number), shot_id"
        )
        return (StoredShot(row[0], int(row[1]), row[2] / 1000) for row in rows)

    def _entries(self, condition: str, values: tuple[Any, ...]) -> tuple[AlbumEntry, ...]:
        rows = self._db.execute(f"SELECT shot_id, number, shot FROM photos {condition}", values)  # noqa: S608 - the condition is written in this file
        return tuple(self._entry(*row) for row in rows.fetchall())

    def _entry(self, shot_id: str, number: int, text: str) -> AlbumEntry:
        data = json.loads(text)
        if data["runners_up"]:
            data["runners_up"] = self._present_runners_up(shot_id)
        shot = shot_from_json(data)
        return AlbumEntry(shot.id, shot_id, number, shot.file, shot.time, shot)

    def _present_runners_up(self, shot_id: str) -> list[str]:
        """A runner-up may have been deleted since the winner was written."""
        rows = self._db.execute(
            "SELECT file FROM photos WHERE shot_id = ? AND winner = 0 ORDER BY file", (shot_id,)
        )
        return [row[0] for row in rows]

    def _begin(self) -> sqlite3.Connection:
        """An empty index; in memory where the disk has no room for it, to be made again later.

        A full disk must not keep people from seeing their photos and deleting some.
        """
        try:
            for ending in ("", "-wal", "-shm", "-journal"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
            return self._connect(str(self._path))
        except (sqlite3.OperationalError, OSError) as error:
            logger.warning("The album's index is kept in memory until the next start: %s", error)
            return self._connect(":memory:")

    def _connect(self, path: str) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=5, check_same_thread=False)
        try:
            # Alone in this process (the album holds a lock), so WAL needs no shared memory and
            # works on any disk.
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA journal_size_limit = 1000000")
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version not in (0, SCHEMA_VERSION):
            raise sqlite3.DatabaseError(f"the index has version {version}")
        self.is_new = version == 0
        if self.is_new:
            db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the index is damaged")


def is_disks_fault(error: sqlite3.Error) -> bool:
    """Whether the disk refused (full, read-only, failing) and the index itself may be fine."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DISKS_FAULTS


def _row(record: PhotoRecord, number: int, *, announced: bool) -> tuple[str | float, ...]:
    shot = record.shot
    winner = record.runner_up_of is None
    return (
        shot.id,
        record.shot_id,
        number,
        shot.file,
        round(shot.time.timestamp() * 1000),
        shot.time.astimezone().strftime("%Y-%m-%d"),
        shot.rating.score,
        shot.rating.expected_score,
        shot.bytes,
        winner,
        announced or not winner,
        json.dumps(shot_to_json(shot), separators=(",", ":")),
    )
