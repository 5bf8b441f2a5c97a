"""Tells systemd how the service is doing: the sd_notify protocol, spoken by hand.

Source: sd_notify(3), systemd.service(5) for `Type=notify-reload`.
"""

import logging
import os
import socket
import time
from collections.abc import Mapping

logger = logging.getLogger(__name__)


class SystemdNotifier:
    """Sends the service's state to the socket in `$NOTIFY_SOCKET`; silent where there is none.

    Every message is one datagram, sent at once and never waited for: a manager that does not
    listen must not hold up the camera.  Safe from any thread.

    >>> SystemdNotifier(environment={}).ready()   # run by hand: nobody is told, nothing happens
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        self._socket: socket.socket | None = None
        self._address = _address(path)
        if self._address is not None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)
        elif path:
            logger.warning("NOTIFY_SOCKET is %r, not a Unix socket: systemd is not told", path)

    @property
    def listening(self) -> bool:
        """Whether a service manager asked to be told."""
        return self._socket is not None

    def ready(self) -> None:
        """Start-up, or a reload, is finished."""
        self._send("READY=1")

    def reloading(self) -> None:
        """The configuration is being read again; `ready` must follow.

        systemd matches the time against the moment it asked for the reload: without it
        `systemctl reload` of a `Type=notify-reload` service waits until it times out.
        """
        monotonic_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={monotonic_us}")

    def stopping(self) -> None:
        """The service is shutting down."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """The one line that `systemctl status` shows; line breaks become spaces."""
        self._send("STATUS=" + " ".join(text.split()))

    def watchdog_ping(self) -> None:
        """Work was done: the time of `WatchdogSec=` starts again."""
        self._send("WATCHDOG=1")

    def extend_timeout(self, seconds: float) -> None:
        """Ask that starting, reloading or stopping may take `seconds` more from now.

        A stop that is limited to 5 s but has a photo half-written calls `extend_timeout(3)` at
        4 s and again at 6 s if need be; each call counts from the moment it is made.
        """
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def close(self) -> None:
        """Free the socket; later messages are dropped."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        if self._socket is None or self._address is None:
            return
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError as error:
            # A missed ping is no reason to stop taking photos; systemd decides if too many are.
            logger.debug("systemd was not told %s: %s", message.partition("=")[0], error)


def _address(path: str) -> str | None:
    """The socket address that `$NOTIFY_SOCKET` means: a path, or '@name' for an abstract one."""
    if path.startswith("@"):
        return "\0" + path[1:]
    return path if path.startswith("/") else None
