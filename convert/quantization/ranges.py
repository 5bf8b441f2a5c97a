"""Which range of values 8 bits should stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.quantization.integer_model import Range

Values = NDArray[np.float32]
Effect = Callable[[Values], Values]

_STEPS = 255
_POINTS = 2048
_LOWER_SHARES = np.geomspace(0.04, 1.0, 20)
_UPPER_SHARES = np.geomspace(0.1, 1.0, 16)
_ROUNDS = 2


def identity(values: Values) -> Values:
    """What a tensor does where its values matter as they are."""
    return values


def sigmoid(values: Values) -> Values:
    """The logistic function, safe for any value."""
    result: Values = (1.0 / (1.0 + np.exp(-np.clip(values, -60, 60)))).astype(np.float32)
    return result


def swish(values: Values) -> Values:
    """X · sigmoid(x)."""
    return values * sigmoid(values)


def rounded(values: Any, span: Range) -> Any:
    """`values` as 8 bits over `span` would hold them (NumPy); the span must contain 0."""
    step = (span[1] - span[0]) / _STEPS
    zero = np.round(-span[0] / step)
    return (np.clip(np.round(values / step) + zero, 0, _STEPS) - zero) * step


def widest(values: Values) -> Range:
    """From the smallest to the largest value, 0 included."""
    return _span(float(values.min()), float(values.max()))


def least_error(values: Values, effect: Effect = identity) -> Range:
    """The range with the least squared error after `effect`, found by search.

    Cutting off rare extremes makes the steps of all other values finer. What counts is not the
    value itself but what the next operator makes of it: a swish turns everything below -6 into
    nearly 0, so those values need no steps at all.

    Args:
        values: what the tensor held on real faces, any shape.
        effect: what is computed from it.
    """
    ordered = np.sort(values, axis=None)
    if len(ordered) > _POINTS:
        ordered = ordered[np.linspace(0, len(ordered) - 1, _POINTS).astype(np.int64)]
    wanted = effect(ordered)
    low, high = widest(ordered)

    def cost(candidate: Range) -> float:
        error = effect(rounded(ordered, candidate).astype(np.float32)) - wanted
        return float(error @ error)

    best, lowest = (low, high), cost((low, high))
    for _ in range(_ROUNDS):
        candidates = [_span(low * share, best[1]) for share in _LOWER_SHARES]
        for candidate in candidates:
            found = cost(candidate)
            if found < lowest:
                best, lowest = candidate, found
        candidates = [_span(best[0], high * share) for share in _UPPER_SHARES]
        for candidate in candidates:
            found = cost(candidate)
            if found < lowest:
                best, lowest = candidate, found
    return best


def _span(low: float, high: float) -> Range:
    return min(low, 0.0), max(high, 1e-6)
