"""`printability bench`: every stage is measured, on a frame with a face."""

import json

from device.cli import main


def test_every_stage_is_measured(capsys):
    assert main(["bench", "--frames", "3", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["faces"] == 1
    assert set(report["stages"]) >= {
        *("faces", "smile", "eyes", "sharpness", "rating_and_shutter", "whole_frame")
    }
    whole = report["stages"]["whole_frame"]
    assert 0 < whole["median_ms"] <= whole["p95_ms"]
    parts = sum(report["stages"][s]["median_ms"] for s in ("faces", "smile", "eyes"))
    assert parts <= 1.5 * whole["median_ms"]
    assert whole["mean_ms"] > 0
    assert report["resident_megabytes"] > 10
    assert report["models"]["smile"] == "smile"


def test_the_text_names_models_and_runtimes(capsys):
    assert main(["bench", "--frames", "1"]) == 0
    text = capsys.readouterr().out
    assert "smile: smile on " in text
    assert "frames/s" in text
