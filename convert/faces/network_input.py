"""Faces as the network takes them: scaled by the appliance's own code, gray in three channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from device.vision.crop import to_network_size


def to_network_input(
    images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], resolution: int
) -> NDArray[np.uint8]:
    """Gray faces, scaled.

    Args:
        images: square gray uint8 pictures, each framed as the appliance frames a face.
        resolution: height and width wanted, in pixels.

    Returns:
        (n, resolution, resolution, 3) uint8, 0 to 255.
    """
    scaled = np.empty((len(images), resolution, resolution), np.uint8)
    for place, image in enumerate(images):
        scaled[place] = to_network_size(image, resolution)
    return np.repeat(scaled[..., np.newaxis], 3, axis=-1)
