"""The unit file, as systemd's own tools judge it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"
UNIT = SYSTEMD / "printability.service"
NEWER = SYSTEMD / "printability-newer-systemd.conf"

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def systemd_version() -> int:
    told = subprocess.run(
        ["systemd-analyze", "--version"], check=True, capture_output=True, text=True
    )
    return int(re.findall(r"\d+", told.stdout)[0])


@pytest.fixture
def runnable_unit(tmp_path: Path) -> Path:
    """The unit as shipped, but for its program, which is not installed on this machine."""
    text = UNIT.read_text()
    command = "/opt/printability/venv/bin/printability run --config"
    assert f"ExecStart={command}" in text
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace(command, "/bin/true run --config"))
    return copy


def verify(unit: Path) -> str:
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr


def test_systemd_finds_nothing_to_say_about_it(runnable_unit: Path) -> None:
    assert verify(runnable_unit) == ""


def test_a_misspelt_key_would_be_noticed(runnable_unit: Path) -> None:
    text = runnable_unit.read_text()
    runnable_unit.write_text(text.replace("WatchdogSec=", "WatchdogSeconds="))
    assert "WatchdogSeconds" in verify(runnable_unit)


@pytest.mark.skipif(systemd_version() < 254, reason="this systemd is older than 254")
def test_newer_systemds_find_nothing_to_say_about_their_part(runnable_unit: Path) -> None:
    folder = runnable_unit.with_name(runnable_unit.name + ".d")
    folder.mkdir()
    shutil.copy(NEWER, folder / "10-newer-systemd.conf")
    assert verify(runnable_unit) == ""


def test_its_exposure_is_at_most_two() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(UNIT)]
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    exposure = re.search(r"Overall exposure level for \S+ ([0-9.]+)", told.stdout)
    assert exposure is not None, told.stdout + told.stderr
    assert float(exposure[1]) <= 2.0
    assert told.returncode == 0


@pytest.mark.parametrize(
    "line",
    [
        "Type=notify",
        "RestartPreventExitStatus=78",
        "Restart=on-failure",
        "StateDirectory=printability",
        "RuntimeDirectory=printability",
        "User=printability",
        "SupplementaryGroups=video",
        "DevicePolicy=closed",
        "DeviceAllow=char-video4linux rw",
        "DeviceAllow=char-media rw",
        "DeviceAllow=char-dma_heap rw",
        "DeviceAllow=/dev/vchiq rw",
    ],
)
def test_what_the_daemon_relies_on_is_there(line: str) -> None:
    assert line in UNIT.read_text().splitlines()


def test_private_devices_would_hide_the_camera() -> None:
    assert "PrivateDevices=yes" not in UNIT.read_text()


def test_the_watchdog_waits_longer_than_the_reopening_of_a_stalled_camera() -> None:
    from device.config.camera import CameraSettings

    camera = CameraSettings()
    pauses = [
        min(camera.reopen_backoff_s * 2**attempt, camera.reopen_backoff_max_s)
        for attempt in range(camera.reopen_attempts)
    ]
    watchdog = re.search(r"^WatchdogSec=(\d+)s$", UNIT.read_text(), re.MULTILINE)
    assert watchdog is not None
    assert int(watchdog[1]) > camera.stall_timeout_s + sum(pauses)
