"""The installer, as far as it goes without changing this machine; `make proof-systemd` runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from device.config.loading import load_config

REPOSITORY = Path(__file__).resolve().parents[2]
INSTALLER = REPOSITORY / "systemd" / "install.sh"
PLACES = [Path("/opt/printability"), Path("/etc/printability"), Path("/var/lib/printability")]


def installer(*options: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(INSTALLER), *options]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def present() -> list[Path]:
    return [place for place in PLACES if place.exists()]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    done = subprocess.run(["shellcheck", INSTALLER], check=False, capture_output=True, text=True)
    assert done.stdout == ""


def test_help_names_every_option() -> None:
    told = installer("--help").stdout
    for option in (
        "--dry-run",
        "--wheels",
        "--no-apt",
        "--no-start",
        "--delete-photos",
        "rollback",
    ):
        assert option in told


@pytest.mark.parametrize("options", [["--dryrun"], ["remove"], ["install", "--delete"]])
def test_an_unknown_argument_ends_with_status_2(options: list[str]) -> None:
    done = installer(*options)
    assert done.returncode == 2
    assert options[-1] in done.stderr


def test_deleting_photos_is_for_uninstalling_only() -> None:
    done = installer("--dry-run", "--delete-photos")
    assert done.returncode == 1
    assert "goes with uninstall" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="this test run is root")
def test_without_root_it_says_how_to_run_it() -> None:
    done = installer()
    assert done.returncode == 1
    assert "sudo" in done.stderr


@pytest.mark.skipif(
    not Path("/usr/bin/python3").exists() or sys.platform != "linux", reason="no Debian"
)
def test_a_dry_run_tells_every_step_and_changes_nothing() -> None:
    before = present()
    done = installer("--dry-run", "--no-apt")
    assert done.returncode == 0, done.stderr
    for step in (
        "systemd-sysusers",
        "-m venv --system-site-packages",
        "--constraint",
        "would write: /etc/printability/secrets/web-password",
        "printability check",
        "systemctl enable",
    ):
        assert step in done.stdout
    assert present() == before


def test_a_dry_uninstall_keeps_photos_unless_asked() -> None:
    assert "rm -rf /var/lib/printability" not in installer("uninstall", "--dry-run").stdout
    told = installer("uninstall", "--delete-photos", "--dry-run").stdout
    assert "rm -rf /var/lib/printability /etc/printability" in told


def test_the_settings_it_writes_open_the_page_to_the_network_with_a_password(
    tmp_path: Path,
) -> None:
    script = INSTALLER.read_text().partition("sed -e '")[2].partition("'")[0]
    shipped = REPOSITORY / "config.yaml"
    edited = subprocess.run(
        ["sed", "-e", script, str(shipped)], check=True, capture_output=True, text=True
    ).stdout
    written = tmp_path / "config.yaml"
    written.write_text(edited)
    config = load_config(written, [])
    assert config.web.host == "0.0.0.0"
    assert config.web.password is not None
    assert config.web.password.reference == "credential:web-password"
    unchanged = load_config(shipped, [])
    assert config.mqtt == unchanged.mqtt
    assert config.shutter == unchanged.shutter
