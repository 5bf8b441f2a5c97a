"""A network's figures for groups of faces: where it is weaker than the whole says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.faces.conditions import Groups
from convert.metrics.bootstrap import Figures
from convert.smile.evaluation import SmileMeasurement, SmilingMeasurement, figures_to_json

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


def figures_by_group(
    measure: Callable[[NDArray[np.bool_]], SmileMeasurement | SmilingMeasurement], groups: Groups
) -> tuple[GroupFigures, ...]:
    """Figures of each group that is large enough.

    Args:
        measure: gives the figures of the faces of a mask (n,).
        groups: by name, which faces belong to it.
    """
    return tuple(
        _shown(name, measure(mask)) for name, mask in groups.items() if mask.sum() >= _FEWEST_FACES
    )


def _shown(name: str, measured: SmileMeasurement | SmilingMeasurement) -> GroupFigures:
    kept = [figure for figure in _SHOWN if figure in measured.figures]
    return GroupFigures(
        name,
        measured.faces,
        {figure: measured.figures[figure] for figure in kept},
        {figure: measured.intervals[figure] for figure in kept},
    )
