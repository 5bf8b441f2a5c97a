"""The training run: stages of growing resolution, resumable anywhere, stopped when it stalls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.faces.prepared_set import Faces
from convert.faces.smile_classes import votes_to_classes_matrix
from convert.progress import progress
from convert.smile.distribution import Cluster
from convert.smile.network import Build, answers_of, build_network
from convert.smile.run_record import EpochEnd, EpochResult, RunRecord, RunSettings, judge
from convert.smile.stages import Stage, epoch_of, steps_per_epoch, worker_share
from convert.smile.training_faces import TrainingFaces
from convert.smile.training_state import TrainingState


class TrainingRun:
    """A run in its folder: checkpoints, log, best weights.

    Files: `best.weights.h5` (averaged weights with the lowest held-out loss of the last stage),
    `last.weights.h5`, `log.csv`, TensorBoard events, `stage-N/` checkpoints, `place.json`.
    """

    def __init__(
        self,
        folder: Path,
        cluster: Cluster,
        faces: TrainingFaces,
        held_out: Faces,
        settings: RunSettings,
        report: Callable[[EpochResult], None],
        build: Build = build_network,
    ) -> None:
        """Take the parts; nothing is written before `run`."""
        self._build = build
        self._folder = folder
        self._record = RunRecord(folder)
        self._cluster = cluster
        self._faces = faces
        self._held_out = held_out
        self._settings = settings
        self._report = report

    def run(self, stages: tuple[Stage, ...], weights: list[NDArray[Any]], *, resume: bool) -> Path:
        """Train all stages, starting from `weights`; returns the best weights' file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        first = self._record.stages_done if resume else 0
        if first:
            weights = self._load(self._folder / f"stage-{first - 1}.weights.h5", stages[first - 1])
        for index in range(first, len(stages)):
            weights = self._stage(index, stages[index], weights, resume=resume)
            if self._cluster.is_chief:
                self._record.finish_stage(index)
        return self._folder / "best.weights.h5"

    def _load(self, file: Path, stage: Stage) -> list[NDArray[Any]]:
        network = self._build(stage.resolution, self._settings.dropout)
        network.load_weights(file)
        loaded: list[NDArray[Any]] = network.get_weights()
        return loaded

    def _stage(
        self, index: int, stage: Stage, weights: list[NDArray[Any]], *, resume: bool
    ) -> list[NDArray[Any]]:
        settings, cluster = self._settings, self._cluster
        network = self._network_under(stage)
        share = worker_share(settings.batch, cluster.strategy.num_replicas_in_sync)
        towers = gcd(share, cluster.towers)
        state = TrainingState(cluster.strategy, network, settings.average, towers)
        state.set_weights(weights)
        checkpoints = state.checkpoints(cluster.folder_for(self._folder / f"stage-{index}"))
        if resume and checkpoints.latest_checkpoint:
            checkpoints.checkpoint.restore(checkpoints.latest_checkpoint)
        train = state.train_function(votes_to_classes_matrix())
        steps = stage.steps(len(self._faces), settings.batch)
        done = int(state.step.numpy())
        source = self._batches(index, stage, done, steps)
        best = self._record.best_loss(index) if resume else np.inf
        waited, losses = 0, []
        saved = began = time.monotonic()
        per_epoch = steps_per_epoch(len(self._faces), settings.batch)
        rounds = progress(range(done, steps), f"{stage.resolution} px", steps - done)
        for number, step in enumerate(rounds, start=1):
            state.set_learning_rate(stage.rate_at(step, steps))
            losses.append(float(train(*next(source))))
            state.step.assign_add(1)
            if (step + 1) % per_epoch == 0 or step + 1 == steps:
                speed = number * settings.batch / (time.monotonic() - began)
                result = self._evaluate(state, index, stage, step + 1, losses, speed)
                losses = []
                improved = result.loss < best
                best, waited = (result.loss, 0) if improved else (best, waited + 1)
                self._keep(state, improved=improved)
                checkpoints.save()
                saved = time.monotonic()
                if waited >= settings.patience:
                    break
            elif self._is_due(saved):
                checkpoints.save()
                saved = time.monotonic()
        with state.averaged() as network:
            if cluster.is_chief:
                network.save_weights(self._folder / f"stage-{index}.weights.h5")
            averaged: list[NDArray[Any]] = network.get_weights()
        return averaged

    def _network_under(self, stage: Stage) -> Any:
        with self._cluster.strategy.scope():
            return self._build(stage.resolution, self._settings.dropout)

    def _is_due(self, saved: float) -> bool:
        # Saving is a joint act of all workers, whose clocks differ: several save by epoch only.
        alone = self._cluster.workers == 1
        return alone and time.monotonic() - saved > self._settings.checkpoint_s

    def _batches(self, index: int, stage: Stage, done: int, steps: int) -> Iterator[Any]:
        import tensorflow as tf

        strategy, size = self._cluster.strategy, self._settings.batch
        local = size // self._cluster.workers

        def generate() -> Iterator[Any]:
            yield from self._faces.batches(
                stage.resolution,
                index,
                done,
                steps,
                size,
                self._cluster.worker,
                self._cluster.workers,
            )

        def dataset(_: Any) -> Any:
            shapes = ((stage.resolution, stage.resolution, 1), (11,), (10,))
            specification = tuple(tf.TensorSpec((local, *shape), tf.float32) for shape in shapes)
            made = tf.data.Dataset.from_generator(generate, output_signature=specification)
            replicas = strategy.num_replicas_in_sync // self._cluster.workers
            if replicas > 1:
                made = made.unbatch().batch(local // replicas, drop_remainder=True)
            return made.prefetch(4)

        distributed: Iterator[Any] = iter(strategy.distribute_datasets_from_function(dataset))
        return distributed

    def _evaluate(
        self,
        state: TrainingState,
        index: int,
        stage: Stage,
        step: int,
        losses: list[float],
        speed: float,
    ) -> EpochResult:
        faces = self._held_out
        with state.averaged() as network:
            logits = answers_of(network, faces.images, stage.resolution)[0]
        end = EpochEnd(
            index,
            stage.resolution,
            round(epoch_of(step, len(self._faces), self._settings.batch), 3),
            step,
            float(np.mean(losses)) if losses else float("nan"),
            speed,
        )
        result = judge(end, logits, faces)
        if self._cluster.is_chief:
            self._record.add(result)
        self._report(result)
        return result

    def _keep(self, state: TrainingState, *, improved: bool) -> None:
        with state.averaged() as network:
            if self._cluster.is_chief:
                network.save_weights(self._folder / "last.weights.h5")
                if improved:
                    network.save_weights(self._folder / "best.weights.h5")
