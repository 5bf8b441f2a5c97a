"""`train`: from the prepared set to the weights of the smile network."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.hold_out import hold_out
from convert.faces.prepared_set import Faces
from convert.progress import say
from convert.quantization.from_keras import NamedWeights
from convert.quantization.source import named_weights, read_weights_file
from convert.smile.distribution import join_cluster
from convert.smile.network import Answers, answers_of, build_network, set_named_weights
from convert.smile.run_record import EpochResult, RunSettings
from convert.smile.stages import Stage, parse_stages
from convert.smile.teaching import Ask, Teaching, lesson_of, parse_teaching
from convert.smile.training import TrainingRun
from convert.smile.training_faces import TrainingFaces
from convert.smile.warm_start import read_lite0, reestimate_statistics, start_from_lite0

_STATISTICS_BATCHES = 12


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Train, or go on training."""
    stages = parse_stages(options.stages, options.learning_rate, options.stage_decay)
    if not options.resume and (options.out / "log.csv").exists():
        raise ConfigurationError(
            f"{options.out} already holds a run; give --resume to go on with it, or another --out"
        )
    training = Faces.load(options.set).of_split("Training")
    apart = hold_out(len(training), options.hold_out)
    if not apart.any():
        raise ConfigurationError("--hold-out 0 leaves no faces to stop by; give a larger share")
    learned, held_out = training.take(~apart), training.take(apart)
    if options.limit is not None:
        learned = learned.take(np.arange(min(options.limit, len(learned))))
        held_out = held_out.take(np.arange(min(options.limit, len(held_out))))
    faces = TrainingFaces.of(
        learned, balance=options.balance, seed=options.seed, augment=options.augment
    )
    results: list[EpochResult] = []
    settings = RunSettings(
        options.batch,
        options.dropout,
        options.average,
        options.patience,
        60 * options.checkpoint_minutes,
    )
    teaching = parse_teaching(options.teacher, options.teacher_share)
    material = _Material(stages, faces, held_out, settings, teaching, results.append)
    train = _train_with_torch if options.engine == "torch" else _train_with_tensorflow
    best, workers = train(material, options)
    last = results[-1] if results else None
    return {
        "weights": str(best),
        "training_faces": len(faces),
        "held_out_faces": len(held_out),
        "workers": workers,
        "last_epoch": None if last is None else last.__dict__,
        "text": f"{best}: done" if last is None else f"{best}: {_line(last)}",
    }


def _ask_with_torch(weights: NamedWeights, images: NDArray[np.uint8], side: int) -> Answers:
    from convert.smile.cpu_training.torch_network import answers_of, network_of

    return answers_of(network_of(weights, 0.0).eval(), images, side)


def _ask_with_keras(weights: NamedWeights, images: NDArray[np.uint8], side: int) -> Answers:
    network = build_network(side)
    set_named_weights(network, weights)
    return answers_of(network, images, side)


@dataclass(frozen=True)
class _Material:
    """What both engines train with."""

    stages: tuple[Stage, ...]
    faces: TrainingFaces
    held_out: Faces
    settings: RunSettings
    teaching: Teaching
    note: Callable[[EpochResult], None]

    def report(self, result: EpochResult) -> None:
        self.note(result)
        say(_line(result))

    def taught_faces(self, ask: Ask, folder: Path, *, resume: bool) -> TrainingFaces:
        if not self.teaching.teachers:
            return self.faces
        cache = folder / "lesson.npz"
        if not resume:
            cache.unlink(missing_ok=True)
        lesson = lesson_of(self.teaching.teachers, self.faces.images, ask, cache)
        return self.faces.taught(lesson, self.teaching.share)


def _train_with_tensorflow(material: _Material, options: argparse.Namespace) -> tuple[Path, int]:
    cluster = join_cluster()
    import keras

    keras.utils.set_random_seed(options.seed)
    weights = _start(options, material.faces, material.stages[0].resolution).get_weights()
    report = material.report if cluster.is_chief else material.note
    folder = cluster.folder_for(options.out)
    faces = material.taught_faces(_ask_with_keras, folder, resume=options.resume)
    run = TrainingRun(options.out, cluster, faces, material.held_out, material.settings, report)
    return run.run(material.stages, weights, resume=options.resume), cluster.workers


def _train_with_torch(material: _Material, options: argparse.Namespace) -> tuple[Path, int]:
    import keras

    from convert.smile.cpu_training.cpu_run import CpuTrainingRun, require_torch

    require_torch()
    from convert.smile.cpu_training.torch_network import learned

    keras.utils.set_random_seed(options.seed)
    network = _start(options, material.faces, material.stages[0].resolution)
    run = CpuTrainingRun(
        options.out,
        material.taught_faces(_ask_with_torch, options.out, resume=options.resume),
        material.held_out,
        material.settings,
        material.report,
        _save_for_keras,
    )
    return run.run(
        material.stages, learned(named_weights(network)), resume=options.resume
    ), run.workers


def _save_for_keras(file: Path, stage: Stage, weights: NamedWeights) -> None:
    network = build_network(stage.resolution)
    set_named_weights(network, weights)
    network.save_weights(file)


def _start(options: argparse.Namespace, faces: TrainingFaces, resolution: int) -> Any:
    network = build_network(resolution, options.dropout)
    if options.weights is not None:
        _load(network, options.weights)
    elif options.lite0 is not None:
        start_from_lite0(network, read_lite0(options.lite0), options.seed)
        batches = faces.batches(resolution, 0, 0, _STATISTICS_BATCHES, options.batch, 0, 1)
        reestimate_statistics(network, (np.repeat(batch, 3, -1) for batch, _, _ in batches))
    elif options.imagenet:
        _load_imagenet(network)
    return network


def _load(network: Any, file: Path) -> None:
    """Set the weights of a file; auxiliary heads that it lacks stay new."""
    if not file.is_file():
        raise ConfigurationError(f"{file} does not exist")
    stored = read_weights_file(file)
    own = named_weights(network)
    auxiliary = {f"{head}/{part}" for head in ("count", "emotion") for part in ("kernel", "bias")}
    if "smile/kernel" not in stored and "dense/kernel" in stored:
        # A plain classifier's one head.
        stored |= {f"smile/{part}": stored[f"dense/{part}"] for part in ("kernel", "bias")}
    for name, array in own.items():
        fits = name in stored and stored[name].shape == array.shape
        if not fits and name not in auxiliary and not name.startswith("normalization"):
            found = stored[name].shape if name in stored else "nothing"
            raise ConfigurationError(
                f"{file} holds no weights of this network: {name} of {array.shape} is expected, "
                f"{found} is there"
            )
    set_named_weights(network, {name: stored[name] for name in own if name in stored})


def _load_imagenet(network: Any) -> None:
    import keras

    try:
        source = keras.applications.EfficientNetB0(include_top=False, weights="imagenet")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"Keras' weights cannot be fetched: {error}") from error
    for layer in source.layers:
        if layer.weights and layer.name != "normalization":
            network.get_layer(layer.name).set_weights(layer.get_weights())


def _line(result: EpochResult) -> str:
    return (
        f"{result.resolution} px, epoch {result.epoch:.2f}: loss {result.loss:.4f}, accuracy "
        f"{result.accuracy:.2%}, macro-F1 {result.macro_f1:.3f}, Spearman {result.spearman:.3f}, "
        f"{result.images_per_s:.1f} faces/s"
    )
