"""One process of a stage: its share of every batch, its copy of the network.

The processes hold the same weights and add up their gradients at every step (PyTorch's
`DistributedDataParallel` over gloo). The first one also keeps the moving average, judges it after
every epoch and writes the checkpoints.
"""

from __future__ import annotations

import copy
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn.functional import cross_entropy

from convert.faces.prepared_set import Faces
from convert.faces.smile_classes import votes_to_classes_matrix
from convert.quantization.from_keras import NamedWeights
from convert.smile.cpu_training.torch_network import answers_of, network_of, to_keras, torch_name
from convert.smile.run_record import EpochEnd, EpochResult, RunSettings, judge
from convert.smile.stages import Stage, epoch_of, steps_per_epoch
from convert.smile.training_faces import TrainingFaces
from convert.smile.training_state import (
    AUXILIARY_WEIGHT,
    LARGEST_GRADIENT,
    WEIGHT_DECAY,
    young_decay,
)

CHECKPOINT_FILE = "checkpoint.pt"


@dataclass(frozen=True)
class StageTask:
    """All that the processes of a stage need to know.

    Attributes:
        index: the stage's place in the run.
        stage: resolution, epochs, learning rate.
        faces: to learn from.
        held_out: to judge by.
        settings: of the run.
        weights: to start from, by Keras' layer and variable names.
        best_loss: the lowest held-out loss so far.
        folder: for this stage's files.
        meeting_file: where the processes find each other; must not exist yet.
    """

    index: int
    stage: Stage
    faces: TrainingFaces
    held_out: Faces
    settings: RunSettings
    weights: NamedWeights
    best_loss: float
    folder: Path
    meeting_file: Path


@dataclass(frozen=True)
class JudgedWeights:
    """An epoch's result and the averaged weights that it is of."""

    result: EpochResult
    weights: NamedWeights
    improved: bool


def run_worker(rank: int, workers: int, task: StageTask, results: Any) -> None:
    """Train this stage as process `rank` of `workers`; the first one reports into the queue.

    Args:
        rank: this process, from 0.
        workers: how many there are.
        task: what to do; the same for all.
        results: a queue that takes `JudgedWeights`.
    """
    # PyTorch has the parent's death told by this signal, which a shell's `&` would have ignored.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(task.faces.seed * 1000 + rank)
    distributed.init_process_group(
        "gloo", init_method=task.meeting_file.as_uri(), rank=rank, world_size=workers
    )
    try:
        _Worker(rank, workers, task, results).train()
    finally:
        distributed.destroy_process_group()


class _Worker:
    def __init__(self, rank: int, workers: int, task: StageTask, results: Any) -> None:
        self._rank, self._workers, self._task, self._results = rank, workers, task, results
        network = self._network = network_of(task.weights, task.settings.dropout)
        self._average = copy.deepcopy(self._network).eval()
        self._optimizer = torch.optim.AdamW(_groups(network), lr=1e-3, fused=True)
        self._step, self._waited, self._best = 0, 0, task.best_loss
        self._restore()
        self._shared = nn.parallel.DistributedDataParallel(self._network)
        self._matrix = torch.from_numpy(votes_to_classes_matrix())

    def train(self) -> None:
        task, batch = self._task, self._task.settings.batch
        steps = task.stage.steps(len(task.faces), batch)
        per_epoch = steps_per_epoch(len(task.faces), batch)
        batches = task.faces.batches(
            task.stage.resolution, task.index, self._step, steps, batch, self._rank, self._workers
        )
        if self._step >= steps:
            # It was interrupted between the last checkpoint and its report.
            self._end_epoch(float("nan"), 0.0)
        losses: list[float] = []
        began, saved, first = time.monotonic(), time.monotonic(), self._step
        for faces, counts, emotions in batches:
            self._set_rate(task.stage.rate_at(self._step, steps))
            tensors = (torch.from_numpy(part) for part in (faces, counts, emotions))
            losses.append(self._learn(*tensors))
            self._step += 1
            if self._step % per_epoch == 0 or self._step == steps:
                speed = (self._step - first) * batch / (time.monotonic() - began)
                stop = self._end_epoch(float(np.mean(losses)), speed)
                losses, began, first = [], time.monotonic(), self._step
                saved = began
                if stop:
                    return
            elif time.monotonic() - saved > task.settings.checkpoint_s:
                self._save()
                saved = time.monotonic()

    def _learn(self, faces: Tensor, counts: Tensor, emotions: Tensor) -> float:
        smile, count, emotion = self._shared(faces.permute(0, 3, 1, 2))
        class_loss = cross_entropy(smile, counts @ self._matrix)
        auxiliary = cross_entropy(count, counts) + cross_entropy(emotion, emotions)
        self._optimizer.zero_grad(set_to_none=False)
        (class_loss + AUXILIARY_WEIGHT * auxiliary).backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), LARGEST_GRADIENT)
        self._optimizer.step()
        if self._rank == 0:
            self._follow()
        return float(class_loss.detach())

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average a little towards the network (statistics of batch norms included)."""
        decay = min(self._task.settings.average, young_decay(self._step))
        pairs = zip(
            self._average.state_dict().values(), self._network.state_dict().values(), strict=True
        )
        floating = [(slow, fast) for slow, fast in pairs if slow.is_floating_point()]
        torch._foreach_lerp_(
            [slow for slow, _ in floating], [fast for _, fast in floating], 1 - decay
        )

    def _end_epoch(self, train_loss: float, speed: float) -> bool:
        """Judge and save; True where nothing has improved for too long."""
        stop = torch.zeros(1)
        if self._rank == 0:
            task = self._task
            epoch = epoch_of(self._step, len(task.faces), task.settings.batch)
            end = EpochEnd(
                task.index, task.stage.resolution, round(epoch, 3), self._step, train_loss, speed
            )
            answers = answers_of(self._average, task.held_out.images, task.stage.resolution)
            result = judge(end, answers[0], task.held_out)
            improved = result.loss < self._best
            self._waited = 0 if improved else self._waited + 1
            self._best = min(self._best, result.loss)
            self._save()
            self._results.put(JudgedWeights(result, self._averaged_weights(), improved))
            stop += self._waited >= task.settings.patience
        distributed.broadcast(stop, 0)
        return bool(stop)

    def _averaged_weights(self) -> NamedWeights:
        state = self._average.state_dict()
        return {name: to_keras(name, state[torch_name(name)]) for name in self._task.weights}

    def _set_rate(self, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def _save(self) -> None:
        if self._rank != 0:
            return
        file = self._task.folder / CHECKPOINT_FILE
        temporary = file.with_suffix(".part")
        torch.save(
            {
                "step": self._step,
                "waited": self._waited,
                "network": self._network.state_dict(),
                "average": self._average.state_dict(),
                "optimizer": self._optimizer.state_dict(),
            },
            temporary,
        )
        temporary.replace(file)

    def _restore(self) -> None:
        file = self._task.folder / CHECKPOINT_FILE
        if not file.exists():
            return
        saved = torch.load(file, weights_only=True)
        self._step, self._waited = saved["step"], saved["waited"]
        self._network.load_state_dict(saved["network"])
        self._average.load_state_dict(saved["average"])
        self._optimizer.load_state_dict(saved["optimizer"])


def _groups(network: nn.Module) -> list[dict[str, Any]]:
    """Kernels decay; biases and the gains of batch norms do not."""
    kernels = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    return [
        {"params": kernels, "weight_decay": WEIGHT_DECAY},
        {"params": others, "weight_decay": 0.0},
    ]
