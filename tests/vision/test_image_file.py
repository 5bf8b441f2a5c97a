"""Any file gives a picture or one sentence: never a traceback, never a gigabyte."""

import io
import json
import struct
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from PIL import Image

from device.vision.image_file import ImageError, read_image


def encoded(picture, fmt="PNG", **options):
    stream = io.BytesIO()
    picture.save(stream, fmt, **options)
    return stream.getvalue()


def pixels(array, mode=None):
    return Image.fromarray(np.asarray(array), mode) if mode else Image.fromarray(np.asarray(array))


@pytest.fixture
def arrow():
    """Red at the upper left, blue elsewhere: (40, 60), so that every turn shows."""
    picture = Image.new("RGB", (60, 40), (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, 20, 10))
    return picture


def test_a_picture_comes_as_contiguous_bgr(arrow):
    decoded = read_image(encoded(arrow))
    assert decoded.image.shape == (40, 60, 3)
    assert decoded.image.dtype == np.uint8
    assert decoded.image.flags.c_contiguous
    assert decoded.image[0, 0].tolist() == [0, 0, 255]
    assert decoded.image[39, 59].tolist() == [255, 0, 0]
    assert decoded.format == "PNG"


def test_a_path_and_its_bytes_give_the_same(tmp_path, arrow):
    file = tmp_path / "arrow.png"
    file.write_bytes(encoded(arrow))
    assert np.array_equal(read_image(file).image, read_image(file.read_bytes()).image)


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_every_exif_orientation_is_turned_upright(arrow, orientation, turn):
    lying = arrow if turn is None else arrow.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = read_image(encoded(lying, exif=exif)).image
    assert upright.shape == (40, 60, 3)
    assert upright[0, 0].tolist() == [0, 0, 255]


def test_transparency_is_laid_on_white():
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    half.putpixel((0, 0), (10, 20, 30, 255))
    image = read_image(encoded(half)).image
    assert image[0, 0].tolist() == [30, 20, 10]
    assert image[3, 3].tolist() == [255, 255, 255]


def test_a_transparent_palette_is_laid_on_white():
    picture = Image.new("P", (4, 4), 0)
    picture.putpalette([10, 20, 30, 200, 0, 0])
    picture.putpixel((0, 0), 1)
    image = read_image(encoded(picture, transparency=0)).image
    assert image[0, 0].tolist() == [0, 0, 200]
    assert image[3, 3].tolist() == [255, 255, 255]


def test_sixteen_bits_keep_their_upper_eight():
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    for fmt in ("PNG", "TIFF"):
        image = read_image(encoded(pixels(ramp), fmt)).image
        assert np.abs(image[:, :, 0].astype(int) - (ramp >> 8)).max() <= 1


def test_cmyk_and_gray_become_colour():
    cmyk = read_image(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")).image
    assert cmyk[4, 4, 2] > 200
    assert cmyk[4, 4, 0] < 60
    gray = read_image(encoded(Image.new("L", (8, 8), 77))).image
    assert (gray == 77).all()


def test_the_time_is_the_one_the_camera_noted(arrow):
    exif = Image.Exif()
    exif[0x0132] = "2020:01:01 00:00:00"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:22 20:15:00"
    assert read_image(encoded(arrow, "JPEG", exif=exif)).taken_at == datetime(2026, 11, 22, 20, 15)  # noqa: DTZ001
    exif.get_ifd(0x8769)[0x9011] = "+02:00"
    assert read_image(encoded(arrow, "JPEG", exif=exif)).taken_at == datetime(
        2026, 11, 22, 20, 15, tzinfo=timezone(timedelta(hours=2))
    ).astimezone(UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "0000:00:00 00:00:00", "2026:13:40 99:00:00"])
def test_an_unusable_time_is_no_time(arrow, text):
    exif = Image.Exif()
    exif[0x0132] = text
    assert read_image(encoded(arrow, "JPEG", exif=exif)).taken_at is None


def png_claiming(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    body = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    body += struct.pack(">I", zlib.crc32(chunk))
    data = b"IDAT" + zlib.compress(b"\0" * 1000)
    return body + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (9_000, 9_000)])
def test_a_huge_header_is_refused_before_decoding(width, height):
    with pytest.raises(ImageError, match="pixels"):
        read_image(png_claiming(width, height))


def test_the_limit_is_the_callers_and_exact(arrow):
    assert read_image(encoded(arrow), max_pixels=2400).image.size == 7200
    with pytest.raises(ImageError, match=r"claims 60×40 pixels; at most 2,399"):
        read_image(encoded(arrow), max_pixels=2399)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"\xff" * 999]
)
def test_what_is_no_picture_is_said_so_in_one_line(content):
    with pytest.raises(ImageError) as raised:
        read_image(content)
    assert "the image" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_cut_picture_is_said_to_be_so(collins):
    whole = encoded(pixels(collins), "JPEG")
    with pytest.raises(ImageError, match="truncated"):
        read_image(whole[: len(whole) // 2])


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ImageError, match=r"gone\.jpg cannot be read"):
        read_image(tmp_path / "gone.jpg")
    with pytest.raises(ImageError, match="cannot be read"):
        read_image(tmp_path)


PROGRAM = """
import json, sys
from pathlib import Path
from device.vision.image_file import ImageError, read_image
outcome = {"pictures": 0, "errors": []}
for file in sorted(Path(sys.argv[1]).rglob("images/*")):
    try:
        shape = read_image(file).image.shape
        assert len(shape) == 3 and shape[2] == 3
        outcome["pictures"] += 1
    except ImageError as error:
        outcome["errors"].append(str(error))
# ru_maxrss would start from the memory of the test run that started this one.
status = Path("/proc/self/status").read_text()
outcome["peak_mb"] = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps(outcome))
"""


def test_every_odd_file_gives_a_picture_or_a_sentence(tmp_path, data_folder):
    unpack(data_folder / "odd_images.tar", tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    outcome = json.loads(done.stdout)
    sys.stdout.write(f"{outcome['pictures']} pictures, peak memory {outcome['peak_mb']:.0f} MB\n")
    assert outcome["pictures"] + len(outcome["errors"]) == 363
    assert outcome["pictures"] >= 340
    assert all(error and "\n" not in error for error in outcome["errors"])
    assert outcome["peak_mb"] < 200


def unpack(archive, folder):
    import tarfile

    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
