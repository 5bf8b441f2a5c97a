"""How sharp a face is, as one number that can be compared between faces of any size."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

# Larger faces are scaled down to this, so that a face counts as sharp by its own features and not
# by how many pixels the camera spent on it; smaller ones stay (enlarging them invents nothing).
_MEASURED_AT_PX: Final = 128
_LEAST_SIDE_PX: Final = 8
_NOISE_BLUR_SIGMA_PX: Final = 1.0
# Of gray levels 0..255: what still counts as contrast where there is hardly any, so that the
# noise of a dark, flat face is not divided up into sharpness.
_LEAST_CONTRAST: Final = 16.0


def sharpness(gray_face: NDArray[np.uint8]) -> float:
    """The strength of a face's fine detail relative to its contrast.

    0 is flat; on photos some 4 is badly blurred and 15 sharp. It is 100 × the standard deviation
    of the Laplacian ÷ that of the gray levels, after a small blur against noise. Dividing by the
    contrast makes a dim face comparable with a bright one. (The variance of the Laplacian as a
    focus measure: Pech-Pacheco et al., ICPR 2000.)

    Args:
        gray_face: (height, width) uint8, the face's box cut out of the picture.

    Returns:
        0 or more; 0 for a face of fewer than 8 pixels a side.
    """
    height_px, width_px = gray_face.shape[:2]
    if min(height_px, width_px) < _LEAST_SIDE_PX:
        return 0.0
    scale = _MEASURED_AT_PX / max(height_px, width_px)
    if scale < 1:
        size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
        face = cv2.resize(gray_face, size, interpolation=cv2.INTER_AREA)
    else:
        face = np.ascontiguousarray(gray_face)
    smooth = cv2.GaussianBlur(face.astype(np.float32), (0, 0), _NOISE_BLUR_SIGMA_PX)
    detail = float(cv2.Laplacian(smooth, cv2.CV_32F).std())
    return 100.0 * detail / max(float(smooth.std()), _LEAST_CONTRAST)
