"""Faces as the network takes them: scaled to its resolution, gray as three equal channels."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray


def to_network_input(
    images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], resolution: int
) -> NDArray[np.uint8]:
    """Gray faces, scaled.

    Args:
        images: gray uint8 pictures, each already cut to its face as the appliance cuts.
        resolution: height and width wanted, in pixels.

    Returns:
        (n, resolution, resolution, 3) uint8, 0 to 255.
    """
    size = (resolution, resolution)
    scaled = np.empty((len(images), *size), np.uint8)
    for place, image in enumerate(images):
        # INTER_AREA averages where pixels are given up; INTER_LINEAR is smooth where they are made.
        shrinks = image.shape[0] > resolution
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        scaled[place] = cv2.resize(image, size, interpolation=method)
    return np.repeat(scaled[..., np.newaxis], 3, axis=-1)
