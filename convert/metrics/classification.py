"""Accuracy, recall, F1 and calibration of class probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ECE_BINS = 15


def confusion_matrix(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """(classes, classes): row = true class, column = predicted class."""
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    matrix: NDArray[np.int64] = counts.reshape(classes, classes)
    return matrix


def recalls(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of the faces of each class, the share that was recognised; NaN for a class without faces."""
    with np.errstate(invalid="ignore"):
        shares: NDArray[np.float64] = matrix.diagonal() / matrix.sum(axis=1)
    return shares


def macro_f1(matrix: NDArray[np.int64]) -> float:
    """Mean over the classes that occur of their F1 (2 TP / (2 TP + FP + FN))."""
    totals = matrix.sum(axis=0) + matrix.sum(axis=1)
    occurs = matrix.sum(axis=1) > 0
    return float(np.mean(2 * matrix.diagonal()[occurs] / totals[occurs]))


@dataclass(frozen=True)
class ReliabilityCurve:
    """How often a network is right where it says it is `confidence` sure, per bin.

    Attributes:
        confidence: mean highest probability of each bin that has faces.
        accuracy: share of right answers there.
        count: faces there.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance between confidence and accuracy, weighted by faces (Guo et al., 2017)."""
        gaps = np.abs(self.confidence - self.accuracy)
        return float((gaps * self.count).sum() / self.count.sum())


def reliability_curve(
    truth: NDArray[np.int64], probabilities: NDArray[np.float64], bins: int = _ECE_BINS
) -> ReliabilityCurve:
    """The curve over equally wide bins of the highest probability."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    used = count > 0
    return ReliabilityCurve(
        np.bincount(place, confidence, bins)[used] / count[used],
        np.bincount(place, right.astype(np.float64), bins)[used] / count[used],
        count[used],
    )
