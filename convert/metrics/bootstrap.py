"""How far a measured figure may be off, by drawing the faces again and again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Figures = dict[str, float]


def bootstrap_intervals(
    figures: Callable[[NDArray[np.int64]], Figures],
    faces: int,
    *,
    rounds: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap interval of each figure (Efron, 1979).

    Args:
        figures: measures the faces at the given positions.
        faces: how many faces there are.
        rounds: how many times they are drawn, with replacement.
        level: share of the draws inside the interval.
        seed: makes the intervals the same each time.
    """
    generator = np.random.default_rng(seed)
    drawn = [figures(generator.integers(0, faces, faces)) for _ in range(rounds)]
    tail = 50 * (1 - level)
    intervals = {}
    for name in drawn[0]:
        low, high = np.nanpercentile([draw[name] for draw in drawn], [tail, 100 - tail])
        intervals[name] = (float(low), float(high))
    return intervals
