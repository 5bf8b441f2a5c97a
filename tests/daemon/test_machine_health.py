"""Readings from files laid out as the kernel lays them out, and from a scripted `vcgencmd`."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.daemon.machine_health import (
    MachineHealth,
    MachineReading,
    ThermalThrottle,
    parse_temperature,
    parse_throttled,
)


def zone(folder: Path, number: int, kind: str, millidegrees: str) -> None:
    made = folder / f"thermal_zone{number}"
    made.mkdir(parents=True)
    (made / "type").write_text(kind + "\n")
    (made / "temp").write_text(millidegrees + "\n")


def health(folder: Path, *, throttled: str | None = None, vcgencmd: str = "") -> MachineHealth:
    file = folder / "get_throttled"
    if throttled is not None:
        file.write_text(throttled + "\n")
    return MachineHealth(folder / "thermal", (file,), vcgencmd or str(folder / "no-vcgencmd"))


def test_a_machine_without_sensors_says_none(tmp_path: Path) -> None:
    assert health(tmp_path).read() == MachineReading(None, None, None)


def test_the_processors_zone_is_preferred_to_a_hotter_one(tmp_path: Path) -> None:
    zone(tmp_path / "thermal", 0, "cpu-thermal", "61834")
    zone(tmp_path / "thermal", 1, "nvme", "80000")
    assert health(tmp_path).read().temperature_celsius == pytest.approx(61.834)


def test_without_a_processor_zone_the_hottest_counts(tmp_path: Path) -> None:
    zone(tmp_path / "thermal", 0, "acpitz", "40000")
    zone(tmp_path / "thermal", 1, "other", "47000")
    assert health(tmp_path).read().temperature_celsius == 47.0


def test_a_zone_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    zone(tmp_path / "thermal", 0, "cpu-thermal", "")
    zone(tmp_path / "thermal", 1, "acpitz", "40000")
    assert health(tmp_path).read().temperature_celsius == 40.0


@pytest.mark.parametrize(
    ("flags", "under_voltage", "throttled"),
    [
        ("0x0", False, False),
        ("0x1", True, False),
        ("0x2", False, True),
        ("50005", True, True),
        ("0x8", False, True),
        ("0x50000", False, False),  # it happened once since boot; it does not happen now
    ],
)
def test_the_flags_of_now_are_read_from_sysfs(
    tmp_path: Path, flags: str, under_voltage: bool, throttled: bool
) -> None:
    reading = health(tmp_path, throttled=flags).read()
    assert (reading.under_voltage, reading.throttled) == (under_voltage, throttled)


def script(folder: Path, body: str) -> str:
    file = folder / "vcgencmd"
    file.write_text("#!/bin/sh\n" + body)
    file.chmod(0o755)
    return str(file)


def test_vcgencmd_answers_where_sysfs_does_not(tmp_path: Path) -> None:
    program = script(
        tmp_path,
        'case $1 in measure_temp) echo "temp=48.3\'C";; get_throttled) echo throttled=0x4;; esac',
    )
    reading = health(tmp_path, vcgencmd=program).read()
    assert reading == MachineReading(48.3, under_voltage=False, throttled=True)


def test_a_vcgencmd_that_fails_is_not_asked_again(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    program = script(tmp_path, f"echo x >> {calls}; exit 1")
    machine = health(tmp_path, vcgencmd=program)
    assert machine.read() == MachineReading(None, None, None)
    machine.read()
    assert calls.read_text() == "x\n"


@pytest.mark.parametrize("answer", ["", "throttled=", "error=1", "VCHI initialization failed"])
def test_an_answer_that_is_none_is_not_taken_for_health(answer: str) -> None:
    assert parse_throttled(answer) is None
    assert parse_temperature(answer) is None


def test_the_rate_is_halved_above_and_restored_only_below_the_lower_limit() -> None:
    throttle = ThermalThrottle(78, 72)
    decisions = [throttle.update(t) for t in (70, 77.9, 78, 75, 72.1, 72, 77)]
    assert decisions == [False, False, True, True, True, False, False]


def test_without_a_sensor_the_last_decision_stands() -> None:
    throttle = ThermalThrottle(78, 72)
    assert throttle.update(None) is False
    throttle.update(80)
    assert throttle.update(None) is True
    assert throttle.slowed_down


def test_limits_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="must be below"):
        ThermalThrottle(70, 70)


@given(st.lists(st.floats(min_value=72.001, max_value=77.999), max_size=50), st.booleans())
def test_nothing_between_the_limits_changes_the_decision(
    readings: list[float], hot_before: bool
) -> None:
    throttle = ThermalThrottle(78, 72)
    if hot_before:
        throttle.update(90)
    assert all(throttle.update(reading) is hot_before for reading in readings)
