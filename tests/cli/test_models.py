"""`printability models`: what is loaded is what the manifest promises."""

import json
import shutil
from pathlib import Path

from device.cli import main

MODELS = Path(__file__).resolve().parents[2] / "models"


def test_the_shipped_models_verify(capsys):
    assert main(["models", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert {"face_detector", "smile"} <= set(rows)
    assert all(row["error"] is None for row in rows.values())


def test_a_damaged_model_is_found(tmp_path, capsys):
    copy = tmp_path / "models"
    shutil.copytree(MODELS, copy)
    data = bytearray((copy / "face_detector.caffemodel").read_bytes())
    data[1000] ^= 1
    (copy / "face_detector.caffemodel").write_bytes(data)
    assert main(["models", "--set", f"storage.models={copy}"]) == 1
    assert "damaged or another file" in capsys.readouterr().out
