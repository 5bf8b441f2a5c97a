"""A hot machine is slowed down, and goes on at full speed once it has cooled."""

import threading

from device.config.loading import load_config
from device.daemon.health_watch import HealthWatch
from device.daemon.machine_health import MachineReading


class Machine:
    """Stands in for a Pi's sensors, which are not here."""

    def __init__(self, *temperatures):
        self._temperatures = iter(temperatures)

    def read(self):
        value = next(self._temperatures)
        if isinstance(value, Exception):
            raise value
        return MachineReading(value, under_voltage=None, throttled=None)


class Status:
    """Notes the states reported."""

    def __init__(self):
        self.states = []

    def health_changed(self, state):
        self.states.append(state)


def watch(*temperatures):
    config = load_config(
        None,
        [
            "health.slow_down_celsius=80",
            "health.recover_celsius=70",
            "health.check_interval_s=0.5",
        ],
    )
    slowed, status = [], Status()
    health = HealthWatch(config, status, slowed.append)
    health._machine = Machine(*temperatures)
    return health, slowed, status


def test_slowing_down_and_recovering_have_a_gap_between_them():
    health, slowed, status = watch(60.0, 81.0, 75.0, 81.0, 69.0, 75.0)
    for _ in range(6):
        health.check()
    assert slowed == [True, False]
    assert [s.slowed_down for s in status.states] == [False, True, True, True, False, False]


def test_a_machine_without_sensors_is_never_slowed():
    health, slowed, _ = watch(None, None)
    health.check()
    assert health.check().temperature_celsius is None
    assert slowed == []


def test_a_failed_reading_does_not_end_the_watch(caplog):
    health, _, status = watch(RuntimeError("sensor gone"), 50.0, 50.0, 50.0, 50.0)
    seen = threading.Event()
    health.each_check(seen.set)
    health.start()
    assert seen.wait(5)
    health.stop()
    assert status.states[0].temperature_celsius == 50.0
    assert "could not be read" in caplog.text
