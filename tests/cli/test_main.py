"""The command line's manners: usage, exit codes, one sentence per error."""

import subprocess
import sys

import pytest

from device.cli import main


@pytest.mark.parametrize("command", ["run", "rate", "replay", "check", "bench", "models", "mqtt"])
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert command in capsys.readouterr().out


def test_wrong_usage_ends_with_2(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["explode"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "models", "check", "bench"])
def test_a_wrong_configuration_ends_with_78_and_every_mistake(command, tmp_path, capsys):
    path = tmp_path / "config.yaml"
    path.write_text("shutter:\n  threshold: 9\nfoo: 1\n", encoding="utf-8")
    assert main([command, "--config", str(path)]) == 78
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "config.yaml:2: shutter.threshold: found 9" in lines[0]


def test_a_missing_camera_ends_with_1_and_a_sentence(capsys):
    assert main(["replay", "/absent/clip.mp4"]) == 1
    assert "/absent/clip.mp4" in capsys.readouterr().err


def test_it_runs_as_a_module_and_says_its_version():
    done = subprocess.run(
        [sys.executable, "-m", "device", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("printability ")
