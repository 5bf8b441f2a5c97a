"""What a photo says of itself, and reading it back."""

import subprocess
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from PIL import ExifTags, Image

from device.album.errors import NotAShotError
from device.album.metadata import read_record, read_shot
from device.messages.shot import shot_to_json
from device.vision.image_file import read_image


@pytest.fixture
def saved(open_album, picture, rated):
    """A shot saved with one runner-up, and the album's folder."""
    album = open_album()
    shot = album.save("id-1", "score", picture(), rated(7), 5, [(picture(seed=2), rated(9))])
    return shot, album.path(album.get("id-1")).parent


def test_the_whole_shot_is_read_back(saved):
    shot, folder = saved
    assert shot_to_json(read_shot(folder / shot.file)) == shot_to_json(shot)


def test_the_size_noted_in_the_file_is_the_files_size(saved):
    shot, folder = saved
    assert shot.bytes == (folder / shot.file).stat().st_size
    assert f'"bytes":{shot.bytes},'.encode() in (folder / shot.file).read_bytes()


def test_a_runner_up_names_its_shot(saved):
    shot, folder = saved
    record = read_record(folder / shot.runners_up[0])
    assert record.runner_up_of == record.shot_id == "id-1"
    assert record.shot.rating.frame == 9


def test_photo_programs_find_time_orientation_camera_and_stars(saved):
    shot, folder = saved
    with Image.open(folder / shot.file) as photo:
        exif, details = photo.getexif(), photo.getexif().get_ifd(ExifTags.IFD.Exif)
        xmp = photo.info["xmp"].decode()
    assert exif[ExifTags.Base.Orientation] == 1
    assert exif[ExifTags.Base.Model] == "Kuche"
    assert exif[ExifTags.Base.Software].startswith("printability-camera ")
    assert exif[ExifTags.Base.ImageDescription] == "Printability 10.0 of 10, 1 face"
    assert details[ExifTags.Base.SubsecTimeOriginal] == "123"
    assert (details[ExifTags.Base.ExifImageWidth], shot.width_px) == (320, 320)
    moment = details[ExifTags.Base.DateTimeOriginal] + details[ExifTags.Base.OffsetTimeOriginal]
    written = datetime.strptime(moment.replace(":", ""), "%Y%m%d %H%M%S%z")
    assert written == shot.time.replace(microsecond=0)
    assert 'xmp:Rating="5"' in xmp
    assert 'tiff:Model="Küche"' in xmp


def test_the_appliance_itself_reads_its_photos_time(saved):
    shot, folder = saved
    assert read_image(folder / shot.file).taken_at == shot.time.replace(microsecond=0)


def test_local_time_is_written_where_the_camera_is_not_in_greenwich(tmp_path):
    """In a process of its own: the time zone belongs to the process."""
    script = """
import sys, numpy as np
from datetime import UTC, datetime
from pathlib import Path
from PIL import Image
from device.album.album import Album
from device.config.album import AlbumSettings
from device.vision.rating import rate
with Album(Path(sys.argv[1]), AlbumSettings(min_free_megabytes=0), camera_name="x") as album:
    time = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)
    shot = album.save("a", "score", np.zeros((8, 8, 3), np.uint8), rate([], frame=1, time=time), 1)
    exif = Image.open(Path(sys.argv[1]) / shot.file).getexif().get_ifd(0x8769)
    print(exif[0x9003], exif[0x9011], album.days())
"""
    import os
    import sys

    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "TZ": "Asia/Kolkata"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[0] == "2026:07:02 01:30:00 +05:30 ('2026-07-02',)"


def test_the_xmp_copy_is_read_where_a_program_dropped_the_comment(saved):
    shot, folder = saved
    path = folder / shot.file
    before = read_shot(path)
    with Image.open(path) as photo:
        photo.load()
        xmp = photo.info["xmp"]
        photo.save(path, "JPEG", exif=b"", xmp=xmp)
    after = read_shot(path)
    assert after.bytes == path.stat().st_size != before.bytes
    assert replace(after, bytes=before.bytes) == before


def test_another_program_may_rewrite_the_metadata(saved):
    shot, folder = saved
    path = folder / shot.file
    before = read_shot(path)
    with Image.open(path) as photo:
        photo.load()
        exif = photo.getexif()
        exif[ExifTags.Base.Artist] = "x" * 30_000  # pushes the comment far back
        photo.save(path, "JPEG", exif=exif)
    after = read_shot(path)
    assert after.bytes == path.stat().st_size != before.bytes
    assert replace(after, bytes=before.bytes) == before


@pytest.mark.parametrize("faces", [0, 1, 50, 200, 1000])
def test_a_crowd_fits_too(open_album, picture, rated, faces):
    album = open_album()
    shot = album.save("crowd", "score", picture(), rated(faces=faces), 1)
    path = album.path(album.get("crowd"))
    assert len(read_shot(path).rating.faces) == faces
    assert np.asarray(Image.open(path)).shape == (240, 320, 3)
    assert shot.bytes == path.stat().st_size


@pytest.mark.parametrize(
    "content",
    [b"", b"not a picture", b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00", b"\xff\xd8" + b"\x00" * 99],
)
def test_files_that_are_no_photos_are_told_in_a_sentence(tmp_path, content):
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(NotAShotError, match=r"x\.jpg is no photo of this camera"):
        read_shot(path)


def test_somebody_elses_photo_is_no_shot(tmp_path):
    path = tmp_path / "cat.jpg"
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"ASCII\x00\x00\x00my cat"
    Image.new("RGB", (9, 9)).save(path, exif=exif)
    with pytest.raises(NotAShotError, match="its metadata hold no shot"):
        read_shot(path)
