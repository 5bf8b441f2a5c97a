"""Numbers painted into pictures so that programs can read them back from any size of it."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

BITS: Final = 8
# The strip at the bottom: the number's bits, and below them their opposites as a check.
TOP: Final = 0.84
BRIGHT: Final = 128


def paint(picture: NDArray[np.uint8], number: int) -> None:
    """Paint `number` (0 to 255) into a BGR picture's bottom strip, in place."""
    height, width = picture.shape[:2]
    rows = np.linspace(TOP * height, height, 3).astype(int)
    columns = np.linspace(0, width, BITS + 1).astype(int)
    for bit in range(BITS):
        shade = 255 if number >> bit & 1 else 0
        left, right = columns[bit], columns[bit + 1]
        picture[rows[0] : rows[1], left:right] = shade
        picture[rows[1] : rows[2], left:right] = 255 - shade


def read(picture: NDArray[np.uint8]) -> int | None:
    """Read the number in a BGR picture; None where the strip is unreadable or torn."""
    height, width = picture.shape[:2]
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    rows = (np.linspace(TOP, 1, 5)[[1, 3]] * height).astype(int)
    columns = ((np.arange(BITS) + 0.5) / BITS * width).astype(int)
    bits, opposites = (grey[row, columns] >= BRIGHT for row in rows)
    if (bits == opposites).any():
        return None
    return int(sum(1 << bit for bit in range(BITS) if bits[bit]))
