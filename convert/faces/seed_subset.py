"""The subset of FER+ that the seed trained and tested on, face for face.

The seed dropped the rows without an image name and then a third of the class `none`, drawn by
`DataFrame.sample(frac=1/3, random_state=42)` over the whole table, before it split the table by
usage. pandas draws such a sample with NumPy's legacy generator, so the draw is repeated here
without pandas. It leaves 22,867 Training, 2,876 PublicTest and 2,873 PrivateTest faces.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RANDOM_STATE = 42
_DROPPED_SHARE = 1 / 3

# The draw depends on how many `none` there are in the whole table, so it needs this number where
# the PrivateTest rows are not at hand. It is the only number from 1,500 to 2,600 with which the
# draw leaves the seed's own counts in Training (22,867), PublicTest (2,876) and PrivateTest.
OFFICIAL_PRIVATE_NONE = 2146


def seed_subset(is_none: NDArray[np.bool_], *, missing_none: int = 0) -> NDArray[np.bool_]:
    """Which faces of the table the seed kept.

    Args:
        is_none: (n,) whether each named face, in the order of the official files, is of the
            class `none`.
        missing_none: how many faces of that class the official files have behind these rows,
            where only their beginning is at hand.

    Returns:
        (n,) True for the faces that were kept.
    """
    rows = np.flatnonzero(is_none)
    count = len(rows) + missing_none
    drawn = np.random.RandomState(_RANDOM_STATE).choice(
        count, size=round(count * _DROPPED_SHARE), replace=False
    )
    kept = np.ones(len(is_none), np.bool_)
    kept[rows[drawn[drawn < len(rows)]]] = False
    return kept
