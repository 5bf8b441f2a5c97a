"""Which files are replayed, in which order, and what is said where there are none."""

import logging

import pytest

from device.camera.frame import CameraError
from device.camera.replay_files import existing_files, replay_files


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_numbers_in_names_count_as_numbers(tmp_path):
    touch(tmp_path, "img10.jpg", "img2.JPG", "Img1.png", "clip3.mp4", "img002.jpg")
    names = [path.name for path in replay_files(tmp_path)]
    assert names == ["clip3.mp4", "Img1.png", "img2.JPG", "img002.jpg", "img10.jpg"]


def test_other_files_and_folders_are_passed_over_with_one_line(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    touch(tmp_path, "a.jpg", "labels.csv", "index.sqlite", "thumbnails/b.jpg")
    assert [path.name for path in replay_files(tmp_path)] == ["a.jpg"]
    assert [record.getMessage() for record in caplog.records] == [
        f"Replaying {tmp_path}: 2 files are neither pictures nor films by their names, passed over"
    ]


def test_a_single_file_is_taken_whatever_its_name(tmp_path):
    touch(tmp_path, "noname")
    assert replay_files(tmp_path / "noname") == (tmp_path / "noname",)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("absent.mp4", "no file or folder .*absent.mp4 to replay; check camera.source"),
        ("empty", r"no picture and no film to replay \(0 other files\)"),
        ("texts", r"no picture and no film to replay \(1 other file\)"),
    ],
)
def test_nothing_to_show_is_a_clear_error(tmp_path, name, sentence):
    (tmp_path / "empty").mkdir()
    touch(tmp_path, "texts/notes.txt")
    with pytest.raises(CameraError, match=sentence):
        replay_files(tmp_path / name)


def test_a_list_keeps_its_order_and_folders_in_it_are_opened(tmp_path):
    touch(tmp_path, "z.mp4", "event/2.jpg", "event/1.jpg")
    paths = existing_files([tmp_path / "z.mp4", tmp_path / "event"])
    assert [path.name for path in paths] == ["z.mp4", "1.jpg", "2.jpg"]
    with pytest.raises(CameraError, match="no file was given"):
        existing_files([])
