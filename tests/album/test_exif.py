"""The EXIF block, read back by Pillow and checked byte by byte where Pillow does not look."""

import io
import struct

import pytest
from PIL import ExifTags, Image

from device.album.exif import ascii_text, exif_block

BASE = ExifTags.Base


def read(block: bytes):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=block)
    exif = Image.open(buffer).getexif()
    return exif, exif.get_ifd(ExifTags.IFD.Exif)


def test_text_numbers_and_bytes_are_read_back():
    image, details = read(
        exif_block(
            {BASE.Model: "Booth", BASE.Orientation: 1, BASE.Software: "x"},
            {BASE.ExifImageWidth: 4056, BASE.UserComment: b"odd", BASE.SubsecTimeOriginal: "123"},
        )
    )
    assert image[BASE.Model] == "Booth"
    assert image[BASE.Orientation] == 1
    assert details[BASE.ExifImageWidth] == 4056
    assert details[BASE.UserComment] == b"odd"
    assert details[BASE.SubsecTimeOriginal] == "123"


def test_a_user_comment_has_the_type_undefined_as_the_standard_asks():
    block = exif_block({}, {BASE.UserComment: b"ASCII\x00\x00\x00{}"})
    entry = struct.pack(">HHL", BASE.UserComment, 7, 10)
    assert entry in block


def test_tags_are_sorted_as_tiff_asks():
    block = exif_block({BASE.Software: "b", BASE.Model: "a"}, {})
    at = [block.index(struct.pack(">H", tag)) for tag in (BASE.Model, BASE.Software)]
    assert at == sorted(at)


@pytest.mark.parametrize(("name", "plain"), [("Küche", "Kuche"), ("café", "cafe"), ("照", "?")])
def test_a_name_becomes_ascii(name, plain):
    assert ascii_text(name) == plain
