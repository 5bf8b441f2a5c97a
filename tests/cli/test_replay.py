"""`printability replay`: what would have been shot, when and why."""

import json

import cv2
import pytest

from device.cli import main
from device.demo.clip import write_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    write_clip(path)
    return path


def test_the_demo_clip_gives_two_shots_of_the_smiling_portrait_and_a_plot(clip, tmp_path, capsys):
    plot, ratings, album = tmp_path / "p.png", tmp_path / "r.jsonl", tmp_path / "album"
    code = main(
        [
            *("replay", str(clip), "--json", "--plot", str(plot), "--ratings", str(ratings)),
            *("--save", str(album), "--set", "album.min_free_megabytes=0"),
        ]
    )
    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert len(report["shots"]) == 2
    assert all(shot["score"] == 1.0 for shot in report["shots"])
    assert set(report["shots"][0]) == {
        *("frame", "time_s", "score", "expected_score", "file", "candidates")
    }
    lines = [json.loads(line) for line in ratings.read_text(encoding="utf-8").splitlines()]
    assert [line["frame"] for line in lines] == list(range(report["frames"]))
    assert cv2.imread(str(plot)).shape[1] > 1000
    saved = [p for p in album.rglob("*.jpg") if p.name == report["shots"][0]["file"].split("/")[-1]]
    assert cv2.imread(str(saved[0])).shape == (960, 1280, 3)


def test_without_an_album_nothing_is_saved_and_no_file_is_named(clip, capsys):
    assert main(["replay", str(clip), "--json", "--set", "faces.mode=fast"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {shot["file"] for shot in report["shots"]} == {None}


def test_an_empty_room_gives_no_shot_and_still_a_plot(tmp_path, capsys):
    import numpy as np

    for i in range(3):
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.full((120, 160, 3), 90, np.uint8))
    plot = tmp_path / "empty.svg"
    assert main(["replay", str(tmp_path), "--plot", str(plot)]) == 0
    assert "no shot" in capsys.readouterr().out
    assert plot.stat().st_size > 0
