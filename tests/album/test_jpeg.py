"""Encoding and placing metadata."""

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from device.album.exif import exif_block
from device.album.jpeg import LARGEST_SEGMENT, encode, with_metadata


def test_the_picture_survives_with_its_colours(picture):
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, :] = (200, 100, 30)  # BGR
    decoded = np.asarray(Image.open(io.BytesIO(encode(image, 95))))
    assert decoded.shape == (40, 60, 3)
    assert np.abs(decoded[20, 30].astype(int) - (30, 100, 200)).max() <= 3


def test_quality_is_respected(picture):
    assert len(encode(picture(), 50)) < len(encode(picture(), 95)) / 2


@pytest.mark.parametrize(
    "broken",
    [
        np.zeros((0, 10, 3), np.uint8),
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((70000, 1, 3), np.uint8),
    ],
    ids=["empty", "gray", "alpha", "float", "too tall"],
)
def test_what_is_no_bgr_picture_is_refused(broken):
    with pytest.raises(ValueError, match="picture"):
        encode(broken, 90)


def test_metadata_come_first_and_the_picture_is_unchanged(picture):
    jpeg = encode(picture(), 90)
    whole = b"".join(with_metadata(jpeg, exif_block({}, {}), b"<x/>"))
    decoded = Image.open(io.BytesIO(whole))
    assert decoded.info["xmp"] == b"<x/>"
    assert np.array_equal(np.asarray(decoded), np.asarray(Image.open(io.BytesIO(jpeg))))


def test_metadata_that_do_not_fit_are_refused(picture):
    with pytest.raises(ValueError, match="do not fit"):
        with_metadata(encode(picture(), 90), b"x" * (LARGEST_SEGMENT + 1), b"")


def test_bytes_that_are_no_jpeg_are_refused():
    with pytest.raises(ValueError, match="no JPEG"):
        with_metadata(memoryview(b"PNG"), b"", b"")


def test_twelve_megapixels_are_compressed_without_another_copy_of_the_picture(picture):
    image = picture(4056, 3040)
    tracemalloc.start()
    try:
        pieces = with_metadata(encode(image, 93), b"Exif\x00\x00", b"")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(map(len, pieces)) > 1_000_000
    assert peak < image.nbytes / 3
