"""The one way a face is cut out for the smile network, in training and on the appliance alike.

The network learns from FER+, whose pictures are square, tight (forehead to chin fills the
height) and 48×48. What the detector gives is a box loosely placed and 1.4 times as high as
wide. Which square of it is framed as FER+ frames faces was measured on 146 faces of photos and
videos: correlation with the mean FER+ face peaks for a square on the box's centre with 0.85 of
its height, and the answers of a network trained on FER+ are right on a plateau from 0.85 to 1.0.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.geometry import Box

SQUARE_OF_BOX_HEIGHT: Final = 0.95
"""Side of the square, in heights of the detector's box, about the box's centre."""

DETAIL_PX: Final = 56
"""A face is brought to this size before it is enlarged for the network.

FER+ faces have 48 pixels; a camera's face is crisper than any the network has seen. Going
through 56 pixels halved the network's logarithmic loss on photos.
"""


def smile_crop(image: NDArray[np.uint8], box: Box, size_px: int) -> NDArray[np.uint8]:
    """Cut a face out as the smile network wants it.

    Args:
        image: (height, width, 3) BGR or (height, width) gray, uint8.
        box: where the detector found the face.
        size_px: the side of the network's input.

    Returns:
        (size_px, size_px) uint8, gray. What of the square lies outside the picture repeats the
        picture's edge.
    """
    square = _cut(image, box)
    gray = square if square.ndim == 2 else cv2.cvtColor(square, cv2.COLOR_BGR2GRAY)
    return to_network_size(np.asarray(gray, dtype=np.uint8), size_px)


def to_network_size(gray_face: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """A square gray face, already framed (of FER+, say), at the size of the network's input."""
    face = gray_face
    detail_px = min(DETAIL_PX, size_px)
    if face.shape[0] > detail_px:
        face = np.asarray(cv2.resize(face, (detail_px, detail_px), interpolation=cv2.INTER_AREA))
    if face.shape != (size_px, size_px):
        face = np.asarray(cv2.resize(face, (size_px, size_px), interpolation=cv2.INTER_LINEAR))
    return face.astype(np.uint8, copy=False)


def _cut(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The square about the box's centre: a view where it lies inside the picture."""
    height_px, width_px = image.shape[:2]
    side = max(1, round(SQUARE_OF_BOX_HEIGHT * box.height * height_px))
    x0 = round((box.x + box.width / 2) * width_px - side / 2)
    y0 = round((box.y + box.height / 2) * height_px - side / 2)
    # A box at the very edge still leaves one row and column to repeat.
    left, right = _clamp(x0, width_px - 1), _clamp(x0 + side, width_px)
    top, bottom = _clamp(y0, height_px - 1), _clamp(y0 + side, height_px)
    inside = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    missing = side - inside.shape[0], side - inside.shape[1]
    if missing == (0, 0):
        return inside
    above, before = min(max(0, -y0), missing[0]), min(max(0, -x0), missing[1])
    padded = cv2.copyMakeBorder(
        inside, above, missing[0] - above, before, missing[1] - before, cv2.BORDER_REPLICATE
    )
    return np.asarray(padded, dtype=np.uint8)


def _clamp(position: int, limit: int) -> int:
    return min(max(0, position), limit)
