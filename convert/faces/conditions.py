"""Groups of faces by light and pose, so that figures can be given for each.

Light is what the picture itself tells: its mean gray level and its contrast, in thirds of the set
it belongs to. Pose is what a table of labels says (columns `yaw_rad`, `pitch_rad`, as GENKI-4K
has them). Glasses, age and origin are labelled in none of the sets used here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Groups = dict[str, NDArray[np.bool_]]
_TURNED_DEG = (10.0, 20.0)


def light_groups(images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> Groups:
    """Thirds by brightness and by contrast.

    Args:
        images: gray uint8 faces.
    """
    brightness = np.array([float(image.mean()) for image in images])
    contrast = np.array([float(image.std()) for image in images])
    return {
        **_thirds(brightness, ("dark third", "middle third of brightness", "bright third")),
        **_thirds(contrast, ("flat third", "middle third of contrast", "contrasty third")),
    }


def pose_groups(pose: NDArray[np.float64]) -> Groups:
    """Frontal, turned and far turned heads.

    Args:
        pose: (n, 2) yaw and pitch in radians; NaN where not known.
    """
    turned = np.degrees(np.abs(pose)).max(axis=1)
    near, far = _TURNED_DEG
    return {
        f"head turned less than {near:g}°": turned < near,
        f"{near:g}° to {far:g}°": (turned >= near) & (turned < far),
        f"{far:g}° and more": turned >= far,
    }


def _thirds(values: NDArray[np.float64], names: tuple[str, str, str]) -> Groups:
    low, high = np.quantile(values, (1 / 3, 2 / 3))
    masks = (values < low, (values >= low) & (values < high), values >= high)
    return dict(zip(names, masks, strict=True))
