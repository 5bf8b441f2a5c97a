"""Shot events on disk until the broker has confirmed them: SQLite, at least once, oldest first."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.messages.shot import ShotEvent, shot_to_json
from device.mqtt.payloads import encode_json

LOG = logging.getLogger(__name__)

SETTLED_REMEMBERED: Final = 100_000
"""Ids of delivered or dropped shots remembered, so that adding one again sends nothing."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS waiting (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settled (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class OutboxError(OSError):
    """The outbox cannot be written or read (disk full, broken card); the message says why."""


@dataclass(frozen=True, slots=True)
class QueuedShot:
    """A shot that waits: its place in the order, its id and its event as JSON text (ASCII)."""

    sequence: int
    id: str
    event: str


class Outbox:
    """The queue between the album and the broker.  Safe from any thread.

    `add` returns when the event is on the disk (WAL, synchronous=FULL: it survives a power cut).
    It holds at most `limit` events; one more drops the oldest, which is counted in `dropped`.
    A file that SQLite finds damaged is moved aside and a new one begun; shots that were in it are
    added again by whoever still has them (the album).

    Raises:
        OutboxError: the file cannot be opened or created.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._database = self._open()
        try:
            self._depth = self._count()
            self._dropped = int(self._fact("dropped") or 0)
        except sqlite3.Error as error:
            raise self._failure("read", error) from error

    @property
    def depth(self) -> int:
        """How many shots wait."""
        return self._depth

    @property
    def dropped(self) -> int:
        """How many were dropped unsent, ever."""
        return self._dropped

    def add(self, event: ShotEvent) -> bool:
        """Take a shot in; False (and nothing done) where its id waits or was settled before.

        Raises:
            OutboxError: it could not be written.
        """
        text = encode_json(shot_to_json(event)).decode("ascii")
        return self._write(lambda database: self._insert(database, event.id, text))

    def waiting(self, *, after: int = 0, limit: int) -> tuple[QueuedShot, ...]:
        """The oldest `limit` shots whose sequence is larger than `after`.

        Raises:
            OutboxError: they could not be read.
        """
        with self._lock:
            try:
                rows = self._database.execute(
                    "SELECT sequence, id, event FROM waiting WHERE sequence > ? "
                    "ORDER BY sequence LIMIT ?",
                    (after, limit),
                ).fetchall()
            except sqlite3.Error as error:
                raise self._failure("read", error) from error
        return tuple(QueuedShot(*row) for row in rows)

    def mark_done(self, ids: Iterable[str]) -> None:
        """The broker has confirmed these: forget the events, remember the ids.

        Raises:
            OutboxError: it could not be written; they would be sent once more.
        """
        delivered = tuple(ids)
        self._write(lambda database: self._settle(database, delivered, keep_latest=True))

    def drop(self, shot_id: str) -> None:
        """Give a shot up that no broker will ever take; it is counted as dropped.

        Raises:
            OutboxError: it could not be written.
        """
        self._write(lambda database: self._drop(database, (shot_id,)))

    def latest(self) -> str | None:
        """The JSON text of the last shot that was delivered.

        Raises:
            OutboxError: it could not be read.
        """
        with self._lock:
            try:
                return self._fact("latest")
            except sqlite3.Error as error:
                raise self._failure("read", error) from error

    def close(self) -> None:
        """Close the file; the events stay in it."""
        with self._lock:
            self._database.close()

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self._connect()
        except sqlite3.OperationalError as error:
            raise self._failure("opened", error) from error
        except sqlite3.DatabaseError as error:
            aside = self.path.with_name(f"{self.path.name}.damaged-{time.time_ns()}")
            return self._begin_anew(aside, str(error))
        except OSError as error:
            raise self._failure("opened", error) from error

    def _begin_anew(self, aside: Path, damage: str) -> sqlite3.Connection:
        LOG.error(
            "the outbox %s is damaged (%s): it is kept as %s and a new one begun; shots that are "
            "in the album and were not announced are added again",
            self.path,
            damage,
            aside.name,
        )
        try:
            self.path.rename(aside)
            for ending in ("-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            return self._connect()
        except (OSError, sqlite3.Error) as error:
            raise self._failure("opened", error) from error

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=FULL")
            database.executescript(SCHEMA)
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _write(self, change: Callable[[sqlite3.Connection], bool]) -> bool:
        """Carry `change` out as one transaction that is on the disk when this returns."""
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                try:
                    result = change(self._database)
                    self._database.execute("COMMIT")
                except BaseException:
                    if self._database.in_transaction:
                        self._database.execute("ROLLBACK")
                    raise
                self._depth = self._count()
                self._dropped = int(self._fact("dropped") or 0)
            except sqlite3.Error as error:
                raise self._failure("written", error) from error
            return result

    def _insert(self, database: sqlite3.Connection, shot_id: str, text: str) -> bool:
        known = database.execute(
            "SELECT 1 FROM waiting WHERE id = ?1 UNION ALL SELECT 1 FROM settled WHERE id = ?1",
            (shot_id,),
        ).fetchone()
        if known:
            return False
        database.execute("INSERT INTO waiting (id, event) VALUES (?, ?)", (shot_id, text))
        excess = self._count() - self._limit
        if excess > 0:
            oldest = database.execute(
                "SELECT id FROM waiting ORDER BY sequence LIMIT ?", (excess,)
            ).fetchall()
            self._drop(database, tuple(row[0] for row in oldest))
        return True

    def _drop(self, database: sqlite3.Connection, ids: tuple[str, ...]) -> bool:
        before = self._count()
        self._settle(database, ids, keep_latest=False)
        gone = before - self._count()
        self._set_fact(database, "dropped", str(int(self._fact("dropped") or 0) + gone))
        return gone > 0

    def _settle(
        self, database: sqlite3.Connection, ids: tuple[str, ...], *, keep_latest: bool
    ) -> bool:
        for shot_id in ids:
            row = database.execute("SELECT event FROM waiting WHERE id = ?", (shot_id,)).fetchone()
            if row is None:
                continue  # dropped meanwhile, to make room
            database.execute("DELETE FROM waiting WHERE id = ?", (shot_id,))
            database.execute("INSERT OR IGNORE INTO settled (id) VALUES (?)", (shot_id,))
            if keep_latest:
                self._set_fact(database, "latest", row[0])
        database.execute(
            "DELETE FROM settled WHERE sequence <= (SELECT max(sequence) FROM settled) - ?",
            (SETTLED_REMEMBERED,),
        )
        return True

    def _count(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM waiting").fetchone()
        return int(count)

    def _fact(self, name: str) -> str | None:
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    @staticmethod
    def _set_fact(database: sqlite3.Connection, name: str, value: str) -> None:
        database.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))

    def _failure(self, done: str, error: Exception) -> OutboxError:
        return OutboxError(
            f"the outbox {self.path} cannot be {done}: {error}; "
            "check that its disk has room and is writable"
        )
