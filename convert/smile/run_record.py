"""What a training run writes down: a line an epoch, TensorBoard's events, the place it has reached.

Files in the run's folder: `log.csv`, `tensorboard/`, `place.json`.
"""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.faces.prepared_set import Faces
from convert.faces.smile_classes import LABELS
from convert.metrics.classification import confusion_matrix, macro_f1
from convert.metrics.ranking import spearman
from convert.smile.decision import softmax
from convert.smile.evaluation import expected_weight
from convert.smile.event_log import write_scalars

_PLACE_FILE = "place.json"
_LOG_FILE = "log.csv"
_PLOTTED = ("train_loss", "loss", "accuracy", "macro_f1", "spearman")


@dataclass(frozen=True)
class RunSettings:
    """How to train, besides the stages: see the command's options."""

    batch: int
    dropout: float
    average: float
    patience: int
    checkpoint_s: float


@dataclass(frozen=True)
class EpochResult:
    """What an epoch came to; figures are of the averaged weights on the held-out faces."""

    stage: int
    resolution: int
    epoch: float
    step: int
    train_loss: float
    loss: float
    accuracy: float
    macro_f1: float
    spearman: float
    images_per_s: float


@dataclass(frozen=True)
class EpochEnd:
    """Where an epoch ended, before it is judged."""

    stage: int
    resolution: int
    epoch: float
    step: int
    train_loss: float
    images_per_s: float


def judge(end: EpochEnd, logits: NDArray[np.float32], held_out: Faces) -> EpochResult:
    """The epoch's figures.

    Args:
        end: where it ended.
        logits: (n, 4) answers for the held-out faces.
        held_out: (n) faces that are not learned from.
    """
    found, truth = softmax(logits), held_out.classes
    matrix = confusion_matrix(truth, found.argmax(axis=1).astype(np.int64), len(LABELS))
    return EpochResult(
        **asdict(end),
        loss=float(-np.log(found[np.arange(len(truth)), truth] + 1e-12).mean()),
        accuracy=float(matrix.diagonal().sum() / matrix.sum()),
        macro_f1=macro_f1(matrix),
        spearman=spearman(expected_weight(found), held_out.smile_votes),
    )


class RunRecord:
    """The log of a run and how far it is."""

    def __init__(self, folder: Path) -> None:
        """Write into `folder`, which is made when there is something to write."""
        self._folder = folder

    def add(self, result: EpochResult) -> None:
        """One more line, and TensorBoard's events."""
        self._folder.mkdir(parents=True, exist_ok=True)
        row = asdict(result)
        file = self._folder / _LOG_FILE
        fresh = not file.exists()
        with file.open("a", newline="") as stream:
            writer = csv.DictWriter(stream, list(row))
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        figures = {f"{name}/{result.resolution}": row[name] for name in _PLOTTED}
        write_scalars(self._folder / "tensorboard", result.step, figures)

    def best_loss(self, stage: int) -> float:
        """The lowest held-out loss that the log has for a stage; infinite without one."""
        file = self._folder / _LOG_FILE
        if not file.exists():
            return float("inf")
        with file.open(newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["stage"] == str(stage)]
        return min((float(row["loss"]) for row in rows), default=float("inf"))

    @property
    def stages_done(self) -> int:
        """How many stages are finished."""
        file = self._folder / _PLACE_FILE
        return int(json.loads(file.read_text())["stage"]) if file.exists() else 0

    def finish_stage(self, stage: int) -> None:
        """Remember that this stage, counted from 0, is done."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / _PLACE_FILE).write_text(json.dumps({"stage": stage + 1}))
