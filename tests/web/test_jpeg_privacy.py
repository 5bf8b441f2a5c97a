"""What guests' downloads no longer tell."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from device.web.jpeg_privacy import NotJpegError, strip_metadata

from .appliance import drawn_picture


def photo(**options):
    picture = Image.fromarray(drawn_picture(160, 120))
    exif = Image.Exif()
    exif[0x010F] = "Some camera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 30.0)
    written = io.BytesIO()
    picture.save(
        written,
        "JPEG",
        exif=exif,
        comment=b"secret comment",
        xmp=b"<x:xmpmeta>secret</x:xmpmeta>",
        **options,
    )
    return written.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 20}, {"dpi": (72, 72)}])
def test_place_comment_and_xmp_go_and_the_pixels_stay(options):
    whole = photo(**options)
    stripped = strip_metadata(whole)
    before, after = Image.open(io.BytesIO(whole)), Image.open(io.BytesIO(stripped))
    assert before.getexif().get_ifd(0x8825)
    assert not after.getexif()
    assert b"secret" not in stripped
    assert b"Exif" not in stripped
    assert (np.asarray(before) == np.asarray(after)).all()


def test_the_colour_profile_stays():
    profile = b"a colour profile" * 20
    stripped = Image.open(io.BytesIO(strip_metadata(photo(icc_profile=profile))))
    assert stripped.info["icc_profile"] == profile


def test_what_is_appended_behind_the_picture_goes():
    assert strip_metadata(photo() + b"GPS 48.1417") == strip_metadata(photo())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\xff",
        b"GIF89a",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe1\0\1",
    ],
)
def test_what_is_no_jpeg_is_refused(data):
    with pytest.raises(NotJpegError):
        strip_metadata(data)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damaged_files_are_refused_or_stripped_but_never_crash(noise, at):
    whole = photo()
    with contextlib.suppress(NotJpegError):
        strip_metadata(whole[:at] + noise + whole[at:])
