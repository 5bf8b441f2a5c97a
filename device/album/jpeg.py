"""JPEG files: encoding pixels and placing metadata in front of them, without further copies."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_START: Final = b"\xff\xd8"
_APP0: Final = b"\xff\xe0"
_APP1: Final = b"\xff\xe1"
XMP_HEADER: Final = b"http://ns.adobe.com/xap/1.0/\x00"
LARGEST_SEGMENT: Final = 65533
"""Bytes of a segment besides its marker and length (ITU-T T.81, B.1.1.4)."""


def encode(picture: Image, quality: int) -> memoryview:
    """Compress a picture, uint8 (height, width, 3) BGR, to a JPEG of this quality (0 to 100).

    OpenCV reads BGR as it lies; Pillow would first make an RGBX copy a third larger than the
    picture, and takes twice as long at 12 megapixels.

    Raises:
        ValueError: it is not a BGR picture, or JPEG cannot hold its size.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ValueError(f"a picture is uint8 (h, w, 3), not {picture.dtype} {picture.shape}")
    try:
        encoded, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise ValueError(f"a picture of shape {picture.shape} cannot be a JPEG") from error
    if not encoded:
        raise ValueError(f"a picture of shape {picture.shape} cannot be a JPEG")
    return data.reshape(-1).data


def with_metadata(jpeg: memoryview, exif: bytes, xmp: bytes) -> tuple[bytes | memoryview, ...]:
    """The pieces of the same JPEG with metadata, to be written one after the other.

    `exif` begins with "Exif" and two zero bytes, `xmp` is the packet alone.  They come behind the
    JFIF segment (if any) and before everything else, as readers expect.

    Raises:
        ValueError: it is no JPEG, or a segment is too large.
    """
    if bytes(jpeg[:2]) != _START:
        raise ValueError("these bytes are no JPEG")
    rest = 2
    if bytes(jpeg[2:4]) == _APP0:
        rest = 4 + int.from_bytes(jpeg[4:6], "big")
    return (
        jpeg[:rest],
        _segment(exif),
        _segment(XMP_HEADER + xmp) if xmp else b"",
        jpeg[rest:],
    )


def _segment(payload: bytes) -> bytes:
    if len(payload) > LARGEST_SEGMENT:
        raise ValueError(f"metadata of {len(payload)} bytes do not fit into a JPEG segment")
    return _APP1 + (len(payload) + 2).to_bytes(2, "big") + payload
