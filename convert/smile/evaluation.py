"""How good a smile network is: every figure, with what it may be off by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.faces.smile_classes import LABELS, SMILING_VOTES, VOTERS, WEIGHTS, classes_of
from convert.metrics.bootstrap import Figures, bootstrap_intervals
from convert.metrics.classification import (
    ReliabilityCurve,
    confusion_matrix,
    macro_f1,
    recalls,
    reliability_curve,
)
from convert.metrics.ranking import roc_auc, spearman

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class SmileMeasurement:
    """The figures of one network on one set of faces.

    Attributes:
        faces: how many.
        figures: by name, fractions of 1: accuracy, balanced_accuracy, macro_f1, recall_<label>,
            expected_calibration_error, spearman, smiling_auc.
        intervals: the 95 % bootstrap interval of each.
        confusion: (4, 4), row = true class.
        reliability: the calibration curve.
    """

    faces: int
    figures: Figures
    intervals: dict[str, tuple[float, float]]
    confusion: NDArray[np.int64]
    reliability: ReliabilityCurve

    def to_json(self) -> dict[str, Any]:
        """As printed with `--json`."""
        return {
            "faces": self.faces,
            "figures": figures_to_json(self.figures, self.intervals),
            "confusion": {
                "rows": "true class",
                "labels": list(LABELS),
                "counts": self.confusion.tolist(),
            },
            "reliability": {
                "confidence": [round(float(x), 4) for x in self.reliability.confidence],
                "accuracy": [round(float(x), 4) for x in self.reliability.accuracy],
                "faces": self.reliability.count.tolist(),
            },
        }


def expected_weight(probabilities: Probabilities) -> NDArray[np.float64]:
    """The expectation of the smile weight, (n,), as the appliance ranks frames by."""
    weights: NDArray[np.float64] = probabilities @ WEIGHTS.astype(np.float64)
    return weights


def measure_votes(
    probabilities: Probabilities, smile_votes: NDArray[np.int64], *, rounds: int = 1000
) -> SmileMeasurement:
    """Measure against the votes of ten people.

    Args:
        probabilities: (n, 4).
        smile_votes: (n,) 0 to 10.
        rounds: of the bootstrap.
    """
    truth = classes_of(smile_votes)

    def figures(rows: NDArray[np.int64]) -> Figures:
        return _vote_figures(probabilities[rows], truth[rows], smile_votes[rows])

    every = np.arange(len(truth))
    return SmileMeasurement(
        len(truth),
        figures(every),
        bootstrap_intervals(figures, len(truth), rounds=rounds),
        confusion_matrix(truth, probabilities.argmax(axis=1), len(LABELS)),
        reliability_curve(truth, probabilities),
    )


def _vote_figures(
    probabilities: Probabilities, truth: NDArray[np.int64], smile_votes: NDArray[np.int64]
) -> Figures:
    matrix = confusion_matrix(truth, probabilities.argmax(axis=1), len(LABELS))
    per_class = recalls(matrix)
    weight = expected_weight(probabilities)
    return {
        "accuracy": float(matrix.diagonal().sum() / matrix.sum()),
        "balanced_accuracy": float(np.nanmean(per_class)),
        "macro_f1": macro_f1(matrix),
        **{f"recall_{label}": float(r) for label, r in zip(LABELS, per_class, strict=True)},
        "expected_calibration_error": reliability_curve(
            truth, probabilities
        ).expected_calibration_error,
        "spearman": spearman(weight, smile_votes / VOTERS),
        "smiling_auc": roc_auc(smile_votes >= SMILING_VOTES, weight),
    }


@dataclass(frozen=True)
class SmilingMeasurement:
    """The figures where a face is only known to smile or not: smiling_auc and accuracy.

    A face is answered "smiling" where `none` is not the most probable class.
    """

    faces: int
    figures: Figures
    intervals: dict[str, tuple[float, float]]

    def to_json(self) -> dict[str, Any]:
        """As printed with `--json`."""
        return {
            "faces": self.faces,
            "figures": figures_to_json(self.figures, self.intervals),
        }


def measure_smiling(
    probabilities: Probabilities, smiling: NDArray[np.bool_], *, rounds: int = 1000
) -> SmilingMeasurement:
    """Measure against smiling or not."""
    weight = expected_weight(probabilities)
    answered = probabilities.argmax(axis=1) > 0

    def figures(rows: NDArray[np.int64]) -> Figures:
        return {
            "smiling_auc": roc_auc(smiling[rows], weight[rows]),
            "smiling_accuracy": float((answered[rows] == smiling[rows]).mean()),
        }

    every = np.arange(len(smiling))
    return SmilingMeasurement(
        len(smiling), figures(every), bootstrap_intervals(figures, len(smiling), rounds=rounds)
    )


def figures_to_json(
    figures: Figures, intervals: dict[str, tuple[float, float]]
) -> dict[str, dict[str, Any]]:
    """Each figure with its 95 % bootstrap interval."""
    return {
        name: {
            "value": round(value, 4),
            "interval_95": [round(bound, 4) for bound in intervals[name]],
        }
        for name, value in figures.items()
    }
