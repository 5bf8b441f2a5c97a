"""A live picture as it travels: encoded once, sent to every viewer."""

import json
import struct
from dataclasses import dataclass
from typing import Any, Final

import cv2

from device.messages.rating import rating_to_json
from device.web.appliance import BgrImage, LivePicture

JPEG_QUALITY: Final = 75


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """`message` is what goes over the WebSocket: header length, header, JPEG.

    The first four bytes are the header's length (big-endian); the header is UTF-8 JSON with
    `sequence`, `rating`, `waiting_for` and `threshold`; all that follows is the JPEG.
    """

    sequence: int
    message: bytes


def encode_picture(picture: LivePicture, width_px: int) -> EncodedPicture:
    """Make the message of one picture, at most `width_px` wide."""
    header = json.dumps(
        {
            "sequence": picture.sequence,
            "rating": rating_to_json(picture.rating),
            "waiting_for": picture.waiting_for,
            "threshold": picture.threshold,
        },
        separators=(",", ":"),
    ).encode()
    jpeg = encode_jpeg(no_wider(picture.image, width_px), JPEG_QUALITY)
    return EncodedPicture(picture.sequence, struct.pack(">I", len(header)) + header + jpeg)


def no_wider(image: BgrImage, width_px: int) -> BgrImage:
    """The picture, reduced if it is wider than `width_px`."""
    height, width = image.shape[:2]
    if width <= width_px:
        return image
    size = (width_px, max(1, round(height * width_px / width)))
    reduced: Any = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return reduced  # type: ignore[no-any-return]


def encode_jpeg(image: BgrImage, quality: int) -> bytes:
    """A JPEG of a uint8 BGR picture."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"OpenCV cannot make a JPEG of a picture of shape {image.shape}")
    return bytes(data.tobytes())
