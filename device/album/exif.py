"""Writing an EXIF block: a TIFF file of two directories (EXIF 2.32, CIPA DC-008; TIFF 6.0).

Pillow writes EXIF too, but gives UserComment the type BYTE where the standard says UNDEFINED.
"""

import struct
import unicodedata
from collections.abc import Mapping
from typing import Final

from PIL import ExifTags

HEADER: Final = b"Exif\x00\x00"
Value = str | int | bytes

_ASCII: Final = 2
_SHORT: Final = 3
_LONG: Final = 4
_UNDEFINED: Final = 7
_TIFF_HEADER: Final = b"MM\x00*" + struct.pack(">L", 8)


def exif_block(image: Mapping[int, Value], details: Mapping[int, Value]) -> bytes:
    """The block with its header: `image` are the tags of the first directory, `details` Exif's.

    Text becomes ASCII, a number a LONG (Orientation a SHORT), bytes UNDEFINED.
    """
    # The pointer's value does not change the first directory's length, so its end is known.
    pointer: dict[int, Value] = {ExifTags.IFD.Exif: 0}
    start = len(_TIFF_HEADER)
    details_start = start + len(_directory({**image, **pointer}, start))
    pointer[ExifTags.IFD.Exif] = details_start
    return b"".join(
        (
            HEADER,
            _TIFF_HEADER,
            _directory({**image, **pointer}, start),
            _directory(details, details_start),
        )
    )


def ascii_text(text: str) -> str:
    """Text for a field that only knows ASCII: accents dropped, the rest as question marks."""
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return kept.encode("ascii", "replace").decode("ascii")


def _directory(tags: Mapping[int, Value], start: int) -> bytes:
    """A directory that begins `start` bytes into the TIFF, its longer values behind it."""
    values_start = start + 2 + 12 * len(tags) + 4
    entries, values = [struct.pack(">H", len(tags))], b""
    for tag in sorted(tags):
        kind, count, data = _packed(tag, tags[tag])
        if len(data) <= 4:
            field = data.ljust(4, b"\x00")
        else:
            field = struct.pack(">L", values_start + len(values))
            values += data + b"\x00" * (len(data) % 2)
        entries.append(struct.pack(">HHL", tag, kind, count) + field)
    return b"".join((*entries, b"\x00" * 4, values))


def _packed(tag: int, value: Value) -> tuple[int, int, bytes]:
    """A value's TIFF type, count and bytes."""
    if isinstance(value, bytes):
        return _UNDEFINED, len(value), value
    if isinstance(value, str):
        data = ascii_text(value).encode("ascii") + b"\x00"
        return _ASCII, len(data), data
    if tag == ExifTags.Base.Orientation:
        return _SHORT, 1, struct.pack(">H", value)
    return _LONG, 1, struct.pack(">L", value)
