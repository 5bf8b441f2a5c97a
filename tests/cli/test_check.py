"""`printability check`: one line per part, and what to do where one fails."""

import json
from pathlib import Path

import pytest

from device.cli import main

PICTURES = Path(__file__).resolve().parents[2] / "device" / "demo" / "pictures"


def checked(capsys, tmp_path, *overrides, camera=PICTURES):
    arguments = ["check", "--json", "--set", f"storage.folder={tmp_path}"]
    for override in (f"camera.source={camera}", "album.min_free_megabytes=1", *overrides):
        arguments += ["--set", override]
    code = main(arguments)
    return code, {row["part"]: row for row in json.loads(capsys.readouterr().out)}


def test_a_machine_that_can_run_passes(capsys, tmp_path):
    code, rows = checked(capsys, tmp_path)
    assert code == 0
    assert list(rows) == ["configuration", "secrets", "models", "camera", "broker", "disk"]
    assert rows["broker"]["ok"] is None
    assert "replay" in rows["camera"]["text"]


@pytest.mark.parametrize(
    ("override", "part", "reason"),
    [
        ("camera.source=/absent/clip.mp4", "camera", "/absent/clip.mp4"),
        ("storage.models=/absent", "models", "manifest"),
        ("smile.model=unheard-of", "models", "unheard-of"),
        ("album.min_free_megabytes=900000000", "disk", "free"),
        ("web.password=file:/absent/password", "secrets", "web.password"),
        ("album.folder=/proc/nowhere", "disk", "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(capsys, tmp_path, override, part, reason):
    code, rows = checked(capsys, tmp_path, override)
    assert code == 1
    assert rows[part]["ok"] is False
    assert reason in rows[part]["text"]


def test_a_broker_that_is_not_there_fails_the_check(capsys, tmp_path):
    code, rows = checked(
        capsys, tmp_path, "mqtt.enabled=true", "mqtt.host=127.0.0.1", "mqtt.port=1"
    )
    assert code == 1
    assert rows["broker"]["ok"] is False
    assert "127.0.0.1:1" in rows["broker"]["text"]
