"""One picture of a measurement: confusion matrix, reliability curve, the worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.faces.smile_classes import LABELS
from convert.metrics.classification import ReliabilityCurve, confusion_matrix, reliability_curve
from convert.smile.evaluation import Probabilities

_MISTAKES = 12
_COLUMNS = 4


def worst_mistakes(
    probabilities: Probabilities, truth: NDArray[np.int64], count: int = _MISTAKES
) -> NDArray[np.int64]:
    """The faces answered wrongly with the least probability for the truth, worst first."""
    given = probabilities[np.arange(len(truth)), truth]
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != truth)
    worst: NDArray[np.int64] = wrong[np.argsort(given[wrong], kind="stable")][:count]
    return worst


def draw_evaluation(
    file: Path,
    title: str,
    probabilities: Probabilities,
    truth: NDArray[np.int64],
    images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8],
    labels: Sequence[str] = LABELS,
) -> None:
    """Write the picture (PNG, PDF or SVG by the file's ending).

    Args:
        file: to write.
        title: above everything.
        probabilities: (n, classes).
        truth: (n,) index of the true class.
        images: (n) gray uint8 faces.
        labels: names of the classes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 9), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    halves: Any = figure.subfigures(2, 1, height_ratios=[1, 1.15])
    top, bottom = halves
    left, right = top.subplots(1, 2)
    answers = probabilities.argmax(axis=1).astype(np.int64)
    _draw_confusion(left, confusion_matrix(truth, answers, len(labels)), labels)
    _draw_reliability(right, reliability_curve(truth, probabilities))
    _draw_mistakes(bottom, probabilities, truth, images, labels)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)


def _draw_confusion(axes: Any, matrix: NDArray[np.int64], labels: Sequence[str]) -> None:
    shares = matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(title="confusion (rows: true class)", xlabel="answer", ylabel="truth")
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    for (row, column), count in np.ndenumerate(matrix):
        share = shares[row, column]
        axes.text(
            column,
            row,
            f"{count}\n{share:.0%}",
            ha="center",
            va="center",
            color="white" if share > 0.5 else "black",
        )


def _draw_reliability(axes: Any, curve: ReliabilityCurve) -> None:
    axes.plot([0, 1], [0, 1], color="gray", linestyle="--", label="ideal")
    axes.plot(curve.confidence, curve.accuracy, marker="o", label="measured")
    axes.bar(
        curve.confidence,
        curve.count / curve.count.sum(),
        width=0.03,
        alpha=0.25,
        label="share of faces",
    )
    error = curve.expected_calibration_error
    axes.set(
        title=f"reliability (expected calibration error {error:.3f})",
        xlabel="confidence",
        ylabel="share of right answers",
        xlim=(0.2, 1.02),
        ylim=(0, 1.02),
    )
    axes.legend(loc="upper left")


def _draw_mistakes(
    panel: Any,
    probabilities: Probabilities,
    truth: NDArray[np.int64],
    images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8],
    labels: Sequence[str],
) -> None:
    panel.suptitle("worst mistakes: truth → answer (its probability)")
    rows = _MISTAKES // _COLUMNS // 2 + 1
    grid = np.atleast_2d(panel.subplots(rows, _MISTAKES // rows)).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, face in zip(grid, worst_mistakes(probabilities, truth), strict=False):
        answer = int(probabilities[face].argmax())
        axes.imshow(images[face], cmap="gray", vmin=0, vmax=255)
        axes.set_title(
            f"{labels[truth[face]]} → {labels[answer]} ({probabilities[face, answer]:.2f})",
            fontsize=9,
        )
