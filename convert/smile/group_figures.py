"""A network's figures for groups of faces: where it is weaker than the whole says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.faces.conditions import Groups
from convert.metrics.bootstrap import Figures
from convert.smile.evaluation import figures_to_json, measure_smiling, measure_votes

# Fewer faces say nothing.
_FEWEST_FACES = 30
_SHOWN = ("accuracy", "smiling_auc", "smiling_accuracy")
Intervals = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class GroupFigures:
    """Figures of one group.

    Attributes:
        name: what the faces have in common.
        faces: how many.
        figures: accuracy (of the four classes) and smiling_auc, or smiling_auc and
            smiling_accuracy.
        intervals: the 95 % bootstrap interval of each.
    """

    name: str
    faces: int
    figures: Figures
    intervals: Intervals

    def to_json(self) -> dict[str, Any]:
        """As printed with `--json`."""
        return {
            "group": self.name,
            "faces": self.faces,
            "figures": figures_to_json(self.figures, self.intervals),
        }


def groups_by_votes(
    probabilities: NDArray[np.float64],
    smile_votes: NDArray[np.int64],
    groups: Groups,
    *,
    rounds: int = 1000,
) -> tuple[GroupFigures, ...]:
    """Figures of each group against the votes.

    Args:
        probabilities: (n, 4) of all faces.
        smile_votes: (n,) 0 to 10.
        groups: by name, which faces belong to it.
        rounds: of the bootstrap.
    """
    return tuple(
        _shown(name, measure_votes(probabilities[mask], smile_votes[mask], rounds=rounds))
        for name, mask in _large(groups)
    )


def groups_by_smiling(
    probabilities: NDArray[np.float64],
    smiling: NDArray[np.bool_],
    groups: Groups,
    *,
    rounds: int = 1000,
) -> tuple[GroupFigures, ...]:
    """Figures of each group where a face is only known to smile or not; see `groups_by_votes`."""
    return tuple(
        _shown(name, measure_smiling(probabilities[mask], smiling[mask], rounds=rounds))
        for name, mask in _large(groups)
    )


def _large(groups: Groups) -> list[tuple[str, NDArray[np.bool_]]]:
    return [(name, mask) for name, mask in groups.items() if mask.sum() >= _FEWEST_FACES]


def _shown(name: str, measured: Any) -> GroupFigures:
    kept = [figure for figure in _SHOWN if figure in measured.figures]
    return GroupFigures(
        name,
        measured.faces,
        {figure: measured.figures[figure] for figure in kept},
        {figure: measured.intervals[figure] for figure in kept},
    )
