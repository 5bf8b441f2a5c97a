"""The secret keys behind sessions and guest links, kept in one file of their own."""

import json
import os
import secrets
import threading
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 32


class KeyFile:
    """Two random keys in a file that only its owner may read; made at the first start.

    A damaged file is replaced: everybody then logs in again, and guest links end.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._session, self._guest = self._load()

    @property
    def session(self) -> str:
        """Signs sessions."""
        return self._session

    @property
    def guest(self) -> str:
        """Signs guest links."""
        with self._lock:
            return self._guest

    def renew_guest(self) -> None:
        """End every guest link given out so far.

        Raises:
            OSError: the file cannot be written; the old links go on working.
        """
        fresh = secrets.token_hex(KEY_BYTES)
        with self._lock:
            self._write(self._session, fresh)
            self._guest = fresh

    def _load(self) -> tuple[str, str]:
        try:
            data = json.loads(self._path.read_text(encoding="ascii"))
            session, guest = str(data["session"]), str(data["guest"])
            if min(len(session), len(guest)) >= 2 * KEY_BYTES:
                return session, guest
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            pass
        session, guest = secrets.token_hex(KEY_BYTES), secrets.token_hex(KEY_BYTES)
        self._write(session, guest)
        return session, guest

    def _write(self, session: str, guest: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        staged = self._path.with_name(self._path.name + ".new")
        staged.unlink(missing_ok=True)
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            json.dump({"session": session, "guest": guest}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        staged.replace(self._path)
