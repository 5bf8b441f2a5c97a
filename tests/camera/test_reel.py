"""Several files on one timeline."""

import logging
from datetime import datetime, timedelta

import pytest
from PIL import Image

from device.camera.frame import CameraEndedError, CameraError
from device.camera.reel import Reel

PARTY = datetime(2024, 7, 1, 20)  # noqa: DTZ001 - EXIF has local time without a zone


def save_photo(path, taken_at=None):
    exif = Image.Exif()
    if taken_at is not None:
        exif[0x0132] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    Image.new("RGB", (16, 16)).save(path, exif=exif)
    return path


def positions(reel, limit=1000):
    found = []
    try:
        for _ in range(limit):
            reel.advance()
            reel.picture()
            found.append((reel.index, round(reel.position_s, 4)))
    except CameraEndedError:
        pass
    return found


@pytest.fixture
def photos(tmp_path):
    def make(*offsets_s):
        start = PARTY
        return [
            save_photo(
                tmp_path / f"{number}.jpg",
                None if offset_s is None else start + timedelta(seconds=offset_s),
            )
            for number, offset_s in enumerate(offsets_s)
        ]

    return make


def test_films_and_photos_follow_one_another_at_a_frames_distance(make_film, photos):
    files = [make_film("a.avi", 3, 10), *photos(None), make_film("b.avi", 2, 10)]
    reel = Reel(files, 5, loop=False, by_exif=True)
    assert positions(reel) == [(0, 0), (1, 0.1), (2, 0.2), (3, 0.3), (4, 0.5), (5, 0.6)]


def test_photos_lie_apart_as_their_exif_times_say(photos):
    # Two in one second: EXIF has no fractions.  One that is older than the one before. None at all.
    files = photos(0, 0, 60, 59, None, 61)
    reel = Reel(files, 10, loop=False, by_exif=True)
    assert [t for _, t in positions(reel)] == [0, 0.1, 60, 60.1, 60.2, 61]
    assert reel.recorded_from is not None
    assert reel.recorded_from.timestamp() == PARTY.timestamp()


def test_exif_times_are_ignored_where_they_are_not_wanted(photos):
    reel = Reel(photos(0, 3600), 10, loop=False, by_exif=False)
    assert [t for _, t in positions(reel)] == [0, 0.1]
    assert reel.recorded_from is None


def test_looping_goes_on_upwards(make_film):
    reel = Reel([make_film("a.avi", 2, 10)], 5, loop=True, by_exif=True)
    assert positions(reel, 5) == [(0, 0), (1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)]
    reel.close()


def test_looping_over_photos_with_times_goes_on_upwards(photos):
    reel = Reel(photos(0, 30), 10, loop=True, by_exif=True)
    assert [t for _, t in positions(reel, 5)] == [0, 30, 30.1, 60.1, 60.2]


def test_unreadable_files_are_skipped_with_one_line_each(make_film, photos, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    good = photos(None, None)
    bad_photo, bad_film = tmp_path / "bad.jpg", tmp_path / "bad.mp4"
    bad_photo.write_bytes(b"nothing")
    bad_film.write_bytes(b"nothing")
    reel = Reel([bad_photo, good[0], bad_film, good[1], bad_photo], 10, loop=False, by_exif=True)
    assert [index for index, _ in positions(reel)] == [0, 1]
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert all(line.startswith("Skipped in the replay: ") for line in lines)
    assert [
        name in line for name, line in zip(("bad.jpg", "bad.mp4", "bad.jpg"), lines, strict=True)
    ] == [True] * 3


@pytest.mark.parametrize("loop", [False, True])
def test_a_round_in_which_nothing_can_be_read_is_an_error_not_an_endless_search(tmp_path, loop):
    files = [tmp_path / "a.jpg", tmp_path / "b.mp4"]
    for path in files:
        path.write_bytes(b"nothing")
    reel = Reel(files, 10, loop=loop, by_exif=True)
    reel.advance()
    with pytest.raises(CameraError, match="none of the 2 files can be read"):
        reel.picture()


def test_files_that_vanish_while_looping_end_it(photos):
    files = photos(None, None)
    reel = Reel(files, 10, loop=True, by_exif=True)
    positions(reel, 2)
    for path in files:
        path.unlink()
    with pytest.raises(CameraError, match="none of the 2 files"):
        positions(reel, 3)


def test_the_only_file_tells_its_own_reason(tmp_path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"nothing")
    reel = Reel([path], 10, loop=False, by_exif=True)
    reel.advance()
    with pytest.raises(CameraError, match=r"broken\.jpg is not an image"):
        reel.picture()


def test_a_slow_reader_that_skips_whole_rounds_of_one_picture_is_no_error(tmp_path):
    reel = Reel([save_photo(tmp_path / "one.png")], 10.0, loop=True, by_exif=False)
    for _ in range(5):
        reel.advance()
    assert reel.picture() is not None
    reel.close()
