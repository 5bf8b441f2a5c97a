"""Pictures from files and uploads, decoded without trusting them.

Whatever arrives, the outcome is a picture or an `ImageError` with one sentence: the header
is read and its size checked before a single pixel is decoded, only formats a photo or a
drawing comes in are tried, and no other program is ever started (EPS would call Ghostscript).
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

DEFAULT_MAX_PIXELS = 50_000_000
"""A 48-megapixel telephone photo passes; decoded to BGR it takes 150 MB."""

# Tried in this order; TGA has no signature and would claim other formats' files, so it is last.
_FORMATS = (
    *("JPEG", "MPO", "PNG", "WEBP", "AVIF", "TIFF", "JPEG2000", "BMP", "DIB", "GIF"),
    *("PPM", "ICO", "PCX", "SGI", "QOI", "TGA"),
)
_WHITE = (255, 255, 255)


class ImageError(Exception):
    """Raised when a file gives no picture; the message is one sentence with the reason."""


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """A picture as the appliance works with it.

    Attributes:
        image: (height, width, 3) uint8, BGR, upright (EXIF orientation already applied).
        taken_at: when the camera says it was taken; without a time zone where the camera
            noted none, None where nothing usable was noted.
        format: the file format by Pillow's name, such as `JPEG`.
    """

    image: NDArray[np.uint8]
    taken_at: datetime | None
    format: str


def read_image(source: Path | bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> DecodedImage:
    """Decode the (first) picture of a file, or of the bytes of one.

    16-bit pictures keep their upper 8 bits, transparent ones are laid on white, CMYK, gray
    and palette pictures become colour.

    Raises:
        ImageError: the file cannot be read, is no picture of an accepted format, is damaged
            or cut short, or its header claims more than `max_pixels`.
    """
    name = source.name if isinstance(source, Path) else "the image"
    try:
        with warnings.catch_warnings():
            # Pillow's remarks on odd metadata and its own size limit; ours is checked below.
            warnings.simplefilter("ignore")
            return _decode(source, name, max_pixels)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError(
            f"{name} is not an image of a known format; JPEG, PNG, WebP and TIFF are understood"
        ) from None
    except Image.DecompressionBombError:
        raise ImageError(f"{name} claims too many pixels to be decoded safely") from None
    except MemoryError:
        raise ImageError(f"{name} needs more memory to decode than there is") from None
    except OSError as error:
        raise ImageError(f"{name} cannot be read: {_one_line(error)}") from error
    except Exception as error:
        # Pillow's decoders raise nearly anything on damaged input (SyntaxError, struct.error,
        # EOFError, KeyError, ValueError, ZeroDivisionError…): to the user it is all one thing.
        raise ImageError(f"{name} is damaged: {_one_line(error)}") from error


def _decode(source: Path | bytes, name: str, max_pixels: int) -> DecodedImage:
    Image.init()
    accepted = [known for known in _FORMATS if known in Image.OPEN]
    stream = source if isinstance(source, Path) else io.BytesIO(source)
    with Image.open(stream, formats=accepted) as picture:
        width_px, height_px = picture.size
        if width_px < 1 or height_px < 1:
            raise ImageError(f"{name} claims a size of {width_px}×{height_px} pixels")
        if width_px * height_px > max_pixels:
            raise ImageError(
                f"{name} claims {width_px}×{height_px} pixels; at most {max_pixels:,} pixels "
                "are decoded"
            )
        picture_format = picture.format or "unknown"
        taken_at = _taken_at(picture)
        picture.load()
        upright = _upright(picture)
        colour = _to_rgb(upright)
    # One contiguous BGR array: OpenCV would copy a reversed view at every call.
    return DecodedImage(
        np.ascontiguousarray(np.asarray(colour)[:, :, ::-1]), taken_at, picture_format
    )


def _upright(picture: Image.Image) -> Image.Image:
    """The picture turned as its EXIF orientation says; as it lies where EXIF is unreadable."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - metadata may be broken in any way; the pixels are fine
        return picture


def _to_rgb(picture: Image.Image) -> Image.Image:
    """The picture as RGB, 8 bits a channel, without transparency."""
    if picture.mode in {"I", "F"} or picture.mode.startswith("I;16"):
        return Image.fromarray(_to_eight_bits(picture)).convert("RGB")
    if picture.has_transparency_data:
        layers = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, _WHITE)
        white.paste(layers, mask=layers.getchannel("A"))
        return white
    return picture.convert("RGB")


def _to_eight_bits(picture: Image.Image) -> NDArray[np.uint8]:
    """Gray of 16 bits or more, or of real numbers, scaled to 0..255 (Pillow would cut it off)."""
    values: NDArray[np.float64] = np.nan_to_num(np.asarray(picture).astype(np.float64))
    if picture.mode == "F":
        low, high = float(values.min()), float(values.max())
        values = (values - low) * (255 / (high - low)) if high > low else values * 0
    elif float(values.max()) > 255:
        values = values / 257  # 65535 → 255
    return np.clip(values, 0, 255).astype(np.uint8)


def _taken_at(picture: Image.Image) -> datetime | None:
    """The time of EXIF DateTimeOriginal, else DateTime, with its offset where one is noted."""
    try:
        exif = picture.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        original = details.get(ExifTags.Base.DateTimeOriginal)
        text = original or exif.get(ExifTags.Base.DateTime)
        offset = details.get(
            ExifTags.Base.OffsetTimeOriginal if original else ExifTags.Base.OffsetTime
        )
        moment = datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        return moment.replace(tzinfo=_timezone(offset))
    except Exception:  # noqa: BLE001 - metadata may be broken in any way; the time is optional
        return None


def _timezone(offset: object) -> timezone | None:
    """`+02:00` as a time zone; None where it is absent or unreadable."""
    try:
        sign, hours, minutes = str(offset)[0], int(str(offset)[1:3]), int(str(offset)[4:6])
    except (ValueError, IndexError):
        return None
    if sign not in "+-":
        return None
    distance = timedelta(hours=hours, minutes=minutes)
    return timezone(distance if sign == "+" else -distance)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
