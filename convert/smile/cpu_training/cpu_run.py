"""A run on processor cores: stage after stage, one process a core."""

from __future__ import annotations

import os
import queue
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from convert.errors import ConfigurationError
from convert.faces.prepared_set import Faces
from convert.quantization.from_keras import NamedWeights
from convert.smile.run_record import EpochResult, RunRecord, RunSettings
from convert.smile.stages import Stage, worker_share
from convert.smile.training_faces import TrainingFaces

Save = Callable[[Path, Stage, NamedWeights], None]
_LISTEN_S = 1.0
# glibc would hand every feature map back to the kernel and fetch it anew, page by page, at the
# next step: a quarter of the time.
_KEEP_FREED_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}


def require_torch() -> None:
    """Nothing, where PyTorch can be imported.

    Raises:
        ConfigurationError: it cannot.
    """
    try:
        import torch
    except ImportError:
        raise ConfigurationError(
            "--engine torch needs PyTorch: pip install torch; or use --engine tensorflow"
        ) from None
    del torch


class CpuTrainingRun:
    """The same run as `TrainingRun`, on cores.

    Files besides the record's: `best.weights.h5` (averaged weights with the lowest held-out loss
    of the last stage), `last.weights.h5`, `stage-N.npz` (what a finished stage came to),
    `stage-N/checkpoint.pt`.
    """

    def __init__(
        self,
        folder: Path,
        faces: TrainingFaces,
        held_out: Faces,
        settings: RunSettings,
        report: Callable[[EpochResult], None],
        save: Save,
        workers: int | None = None,
    ) -> None:
        """Take the parts; nothing is written before `run`.

        Args:
            folder: of the run.
            faces: to learn from.
            held_out: to judge by.
            settings: how to train.
            report: is told of every epoch.
            save: writes weights as a Keras weights file.
            workers: processes; by default one a core.

        Raises:
            ConfigurationError: the batch cannot be shared evenly.
        """
        self._folder, self._faces, self._held_out = folder, faces, held_out
        self._settings, self._report, self._save = settings, report, save
        self.workers = workers or len(os.sched_getaffinity(0))
        worker_share(settings.batch, self.workers)
        self._record = RunRecord(folder)

    def run(self, stages: tuple[Stage, ...], weights: NamedWeights, *, resume: bool) -> Path:
        """Train all stages, starting from `weights`; returns the best weights' file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        first = self._record.stages_done if resume else 0
        if first:
            with np.load(self._stage_file(first - 1)) as stored:
                weights = dict(stored)
        for index in range(first, len(stages)):
            weights = self._stage(index, stages[index], weights, resume=resume)
            np.savez(self._stage_file(index), **weights)  # type: ignore[arg-type]
            self._record.finish_stage(index)
        return self._folder / "best.weights.h5"

    def _stage_file(self, index: int) -> Path:
        return self._folder / f"stage-{index}.npz"

    def _stage(
        self, index: int, stage: Stage, weights: NamedWeights, *, resume: bool
    ) -> NamedWeights:
        for judged in self._judged(index, stage, weights, resume=resume):
            weights = judged.weights
            self._save(self._folder / "last.weights.h5", stage, weights)
            if judged.improved:
                self._save(self._folder / "best.weights.h5", stage, weights)
            self._record.add(judged.result)
            self._report(judged.result)
        return weights

    def _judged(
        self, index: int, stage: Stage, weights: NamedWeights, *, resume: bool
    ) -> Iterator[Any]:
        """Start the processes and hand on what the first of them reports."""
        import torch.multiprocessing as processes

        from convert.smile.cpu_training.stage_worker import CHECKPOINT_FILE, StageTask, run_worker

        folder = self._folder / f"stage-{index}"
        folder.mkdir(exist_ok=True)
        if not resume:
            (folder / CHECKPOINT_FILE).unlink(missing_ok=True)
        best = self._record.best_loss(index) if resume else float("inf")
        results = processes.get_context("spawn").Queue()
        with tempfile.TemporaryDirectory() as meeting:
            task = StageTask(
                index,
                stage,
                self._faces,
                self._held_out,
                self._settings,
                weights,
                best,
                folder.resolve(),
                Path(meeting) / "processes",
            )
            with _environment(_KEEP_FREED_MEMORY):
                team = processes.spawn(
                    run_worker, (self.workers, task, results), nprocs=self.workers, join=False
                )
            working = True
            while working:
                try:
                    yield results.get(timeout=_LISTEN_S)
                except queue.Empty:
                    working = not team.join(timeout=0)
            while not results.empty():
                yield results.get()


@contextmanager
def _environment(added: dict[str, str]) -> Iterator[None]:
    """These variables for the processes started meanwhile; what is set already stays."""
    fresh = {name: value for name, value in added.items() if name not in os.environ}
    os.environ.update(fresh)
    try:
        yield
    finally:
        for name in fresh:
            del os.environ[name]
