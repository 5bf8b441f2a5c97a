"""Waking the one thread that talks to the broker, from any other."""

import select
import socket


class Wakeup:
    """A flag that a `select` can wait for.  `set` is safe from any thread and never blocks."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        """The descriptor that becomes readable once the flag is set."""
        return self._reader.fileno()

    def set(self) -> None:
        """Wake the waiter, now or at its next wait."""
        try:
            self._writer.send(b"\0")
        except (BlockingIOError, OSError):
            # Full: the waiter has not read the earlier wake-ups yet and will wake all the same.
            # Closed: nobody waits any more.
            return

    def clear(self) -> None:
        """Take the flag down."""
        try:
            while self._reader.recv(4096):
                pass
        except BlockingIOError:
            return

    def wait(self, timeout_s: float) -> bool:
        """Wait until the flag is set, then take it down; say whether it was."""
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        if not poll.poll(max(0.0, timeout_s) * 1000):
            return False
        self.clear()
        return True

    def close(self) -> None:
        """Free both ends."""
        self._reader.close()
        self._writer.close()
