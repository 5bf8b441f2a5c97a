"""Small pictures for lists."""

import os

import cv2
import numpy as np
import pytest
from PIL import Image

from device.album.errors import AlbumError, PhotoNotFoundError
from device.album.thumbnails import LONG_SIDE_PX, Thumbnails


@pytest.fixture
def photo(tmp_path, picture):
    def taken(name="a.jpg", width_px=1600, height_px=1200):
        path = tmp_path / name
        cv2.imwrite(str(path), picture(width_px, height_px))
        return path

    return taken


def test_it_is_small_and_keeps_the_proportions(tmp_path, photo):
    thumbnail = Thumbnails(tmp_path / "small").of(photo())
    with Image.open(thumbnail) as small:
        assert small.size == (LONG_SIDE_PX, LONG_SIDE_PX * 3 // 4)
        small.load()
    assert thumbnail.stat().st_size < 60_000


def test_a_picture_smaller_than_that_stays_as_it_is(tmp_path, photo):
    thumbnail = Thumbnails(tmp_path / "small").of(photo(width_px=80, height_px=60))
    assert Image.open(thumbnail).size == (80, 60)


def test_it_is_made_once(tmp_path, photo):
    thumbnails = Thumbnails(tmp_path / "small")
    first = thumbnails.of(photo()).stat().st_ino
    assert thumbnails.of(photo()).stat().st_ino == first


def test_a_photo_that_is_gone_is_said_to_be(tmp_path):
    with pytest.raises(PhotoNotFoundError, match="no longer in the album"):
        Thumbnails(tmp_path / "small").of(tmp_path / "gone.jpg")


def test_a_damaged_photo_leaves_no_thumbnail(tmp_path, photo):
    path = photo()
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(AlbumError, match=r"no thumbnail of a\.jpg"):
        Thumbnails(tmp_path / "small").of(path)
    assert list((tmp_path / "small").iterdir()) == []


def test_the_cache_is_bounded_and_drops_what_was_not_looked_at(tmp_path, photo):
    thumbnails = Thumbnails(tmp_path / "small", most_kept=10)
    paths = [photo(f"{i:02d}.jpg", 40, 30) for i in range(12)]
    for age, path in enumerate(paths[:10]):
        os.utime(thumbnails.of(path), (age, age))
    thumbnails.of(paths[0])  # looked at again
    thumbnails.of(paths[10])
    left = sorted(path.name for path in (tmp_path / "small").iterdir())
    assert left == ["00.jpg", *(f"{i:02d}.jpg" for i in range(3, 11))]


def test_thumbnails_of_photos_that_are_gone_are_removed(tmp_path, photo):
    thumbnails = Thumbnails(tmp_path / "small")
    for name in ("a.jpg", "b.jpg"):
        thumbnails.of(photo(name, 40, 30))
    thumbnails.keep_only(frozenset({"b.jpg"}))
    assert [path.name for path in (tmp_path / "small").iterdir()] == ["b.jpg"]


def test_what_a_crash_left_is_removed(tmp_path):
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / ".a.jpg.part").write_bytes(b"x")
    Thumbnails(tmp_path / "small")
    assert list((tmp_path / "small").iterdir()) == []


def test_a_grey_photo_put_there_by_hand_works(tmp_path):
    cv2.imwrite(str(tmp_path / "grey.jpg"), np.full((500, 400), 90, np.uint8))
    thumbnail = Thumbnails(tmp_path / "small").of(tmp_path / "grey.jpg")
    assert Image.open(thumbnail).size == (288, 360)
