"""What systemd is told: ready after the first analysed frame, alive with each further one."""

import time
from typing import Final

from device.daemon.status import ApplianceStatus
from device.daemon.systemd_notifier import SystemdNotifier
from device.vision.rating import Rating

STATUS_INTERVAL_S: Final = 5.0
WATCHDOG_INTERVAL_S: Final = 1.0


class ServiceStatus:
    """Feeds systemd from analysed frames, never from a timer: a wedged camera must show."""

    def __init__(self, notifier: SystemdNotifier, status: ApplianceStatus) -> None:
        self._notifier = notifier
        self._status = status
        self._ready = False
        self._status_due_s = 0.0
        self._watchdog_due_s = 0.0

    @property
    def ready(self) -> bool:
        """Whether systemd was told that the service is ready."""
        return self._ready

    def frame_rated(self, rating: Rating) -> None:
        """A frame was analysed."""
        now_s = time.monotonic()
        if not self._ready:
            self._notifier.ready()
            self._ready = True
        if now_s >= self._watchdog_due_s:
            self._notifier.watchdog_ping()
            self._watchdog_due_s = now_s + WATCHDOG_INTERVAL_S
        if now_s >= self._status_due_s:
            waiting = f", waiting for {rating.waiting_for}" if rating.waiting_for else ""
            self._notifier.status(
                f"score {rating.shown_score:.1f}, {len(rating.faces)} faces{waiting}, "
                f"{self._status.frames_per_second():.1f} frames/s"
            )
            self._status_due_s = now_s + STATUS_INTERVAL_S
