"""Looks after the machine beside the frame loop: heat, power, disk, retention."""

import logging
import threading
from collections.abc import Callable

from device.config.appliance import ApplianceConfig
from device.config.health import HealthSettings
from device.daemon.machine_health import MachineHealth, ThermalThrottle
from device.daemon.status import ApplianceStatus
from device.messages.state import HealthState

logger = logging.getLogger(__name__)


class HealthWatch:
    """Reads the machine's sensors every few seconds, on a thread of its own."""

    def __init__(
        self,
        config: ApplianceConfig,
        status: ApplianceStatus,
        slow_down: Callable[[bool], None],
    ) -> None:
        self._settings = config.health
        self._status = status
        self._slow_down = slow_down
        self._throttle = ThermalThrottle(
            config.health.slow_down_celsius, config.health.recover_celsius
        )
        self._machine = MachineHealth()
        self._tasks: list[Callable[[], None]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="health", daemon=True)

    def each_check(self, task: Callable[[], None]) -> None:
        """Have `task` called at every look."""
        self._tasks.append(task)

    def update(self, settings: HealthSettings) -> None:
        """Take over new limits."""
        if settings != self._settings:
            self._settings = settings
            self._throttle = ThermalThrottle(settings.slow_down_celsius, settings.recover_celsius)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._thread.join(timeout=2.0)

    def check(self) -> HealthState:
        """Look once."""
        reading = self._machine.read()
        slowed_before = self._throttle.slowed_down
        slowed = self._throttle.update(reading.temperature_celsius)
        if slowed != slowed_before:
            logger.warning(
                "At %.0f °C the frame rate is %s",
                reading.temperature_celsius or 0.0,
                "halved" if slowed else "restored",
            )
            self._slow_down(slowed)
        state = HealthState(
            temperature_celsius=reading.temperature_celsius,
            under_voltage=reading.under_voltage,
            throttled=reading.throttled,
            slowed_down=slowed,
        )
        self._status.health_changed(state)
        return state

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self.check()
                for task in self._tasks:
                    task()
            except Exception:
                # The watch must outlive one bad reading: the camera goes on regardless.
                logger.exception("The machine's condition could not be read")
            self._stopping.wait(self._settings.check_interval_s)
