"""`printability rate`: a rating or one sentence for every picture."""

import json
from pathlib import Path

import cv2
import pytest

from device.cli import main

PICTURES = Path(__file__).resolve().parents[2] / "device" / "demo" / "pictures"


def rated(capsys, *arguments):
    code = main(["rate", "--json", *map(str, arguments)])
    return code, json.loads(capsys.readouterr().out)


def test_the_smiling_portrait_scores_above_the_serious_one(capsys):
    code, (collins, hopper) = rated(capsys, PICTURES / "collins.jpg", PICTURES / "hopper.jpg")
    assert code == 0
    assert collins["faces"][0]["smile"]["label"] == "huge"
    assert collins["faces"][0]["eyes"] == {"state": "open", "open": 2}
    assert collins["score"] == 1.0
    assert hopper["faces"][0]["smile"]["label"] == "none"
    assert hopper["score"] < 0.5


def test_a_rating_in_json_has_what_is_promised(capsys):
    _, (rating,) = rated(capsys, PICTURES / "collins.jpg")
    assert rating["file"].endswith("collins.jpg")
    assert set(rating) == {
        *("file", "frame", "time", "score", "expected_score", "smile", "open_eye_ratio"),
        *("smiling", "eyes_open", "waiting_for", "faces"),
    }
    (face,) = rating["faces"]
    assert all(0 <= value <= 1 for value in face["box"])
    assert sum(face["smile"]["probabilities"].values()) == pytest.approx(1, abs=0.02)


def test_a_file_that_is_no_picture_gets_a_sentence_and_the_others_their_rating(tmp_path, capsys):
    bad = tmp_path / "notes.jpg"
    bad.write_text("hello", encoding="utf-8")
    code, results = rated(capsys, bad, PICTURES / "hopper.jpg")
    assert code == 1
    assert "error" in results[0]
    assert "score" in results[1]


def test_text_output_names_file_score_and_what_was_seen(capsys):
    assert main(["rate", str(PICTURES / "collins.jpg")]) == 0
    assert "collins.jpg: 10.0  1 face: huge smile" in capsys.readouterr().out


def test_annotated_copies_show_the_box(tmp_path, capsys):
    assert main(["rate", str(PICTURES / "collins.jpg"), "--annotated", str(tmp_path)]) == 0
    capsys.readouterr()
    copy = cv2.imread(str(tmp_path / "collins.rated.jpg"))
    original = cv2.imread(str(PICTURES / "collins.jpg"))
    assert copy.shape == original.shape
    assert (cv2.absdiff(copy, original) > 60).any()


def test_a_folder_stands_for_its_pictures(capsys):
    _, results = rated(capsys, PICTURES)
    assert [Path(r["file"]).name for r in results] == ["README.md", "collins.jpg", "hopper.jpg"]


def test_a_picture_larger_than_allowed_is_refused_before_decoding(capsys):
    code, (result,) = rated(capsys, PICTURES / "collins.jpg", "--max-megapixels", "0.1")
    assert code == 1
    assert "error" in result
