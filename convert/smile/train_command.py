"""`train`: from the prepared set to the weights of the smile network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.hold_out import hold_out
from convert.faces.prepared_set import Faces
from convert.progress import say
from convert.smile.distribution import join_cluster
from convert.smile.network import build_network
from convert.smile.stages import parse_stages
from convert.smile.training import EpochResult, RunSettings, TrainingRun
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
    cluster = join_cluster()
    import keras

    keras.utils.set_random_seed(options.seed)
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
    weights = _start(options, faces, stages[0].resolution)
    results: list[EpochResult] = []

    def report(result: EpochResult) -> None:
        results.append(result)
        if cluster.is_chief:
            _say(result)

    settings = RunSettings(
        options.batch,
        options.dropout,
        options.average,
        options.patience,
        60 * options.checkpoint_minutes,
    )
    training_run = TrainingRun(options.out, cluster, faces, held_out, settings, report)
    best = training_run.run(stages, weights, resume=options.resume)
    last = results[-1] if results else None
    return {
        "weights": str(best),
        "training_faces": len(faces),
        "held_out_faces": len(held_out),
        "workers": cluster.workers,
        "last_epoch": None if last is None else last.__dict__,
        "text": f"{best}: done" if last is None else f"{best}: {_line(last)}",
    }


def _start(
    options: argparse.Namespace, faces: TrainingFaces, resolution: int
) -> list[NDArray[Any]]:
    network = build_network(resolution, options.dropout)
    if options.weights is not None:
        _load(network, options.weights)
    elif options.lite0 is not None:
        start_from_lite0(network, read_lite0(options.lite0), options.seed)
        batches = faces.batches(resolution, 0, 0, _STATISTICS_BATCHES, options.batch, 0, 1)
        reestimate_statistics(network, (np.repeat(batch, 3, -1) for batch, _, _ in batches))
    elif options.imagenet:
        _load_imagenet(network)
    weights: list[NDArray[Any]] = network.get_weights()
    return weights


def _load(network: Any, file: Path) -> None:
    if not file.is_file():
        raise ConfigurationError(f"{file} does not exist")
    before = [array.copy() for array in network.get_weights()]
    try:
        network.load_weights(file)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{file} holds no weights of this network: {str(error).splitlines()[0]}"
        ) from error
    # Keras only warns where a layer has no counterpart in the file, and leaves it random.
    kernels = [i for i, array in enumerate(before) if array.ndim > 1]
    after = network.get_weights()
    if any(np.array_equal(before[i], after[i]) for i in kernels):
        raise ConfigurationError(
            f"{file} lacks some layers of this network (three heads: smile, count, emotion)"
        )


def _load_imagenet(network: Any) -> None:
    import keras

    try:
        source = keras.applications.EfficientNetB0(include_top=False, weights="imagenet")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"Keras' weights cannot be fetched: {error}") from error
    for layer in source.layers:
        if layer.weights and layer.name != "normalization":
            network.get_layer(layer.name).set_weights(layer.get_weights())


def _say(result: EpochResult) -> None:
    say(_line(result))


def _line(result: EpochResult) -> str:
    return (
        f"{result.resolution} px, epoch {result.epoch:.2f}: loss {result.loss:.4f}, accuracy "
        f"{result.accuracy:.2%}, macro-F1 {result.macro_f1:.3f}, Spearman {result.spearman:.3f}, "
        f"{result.images_per_s:.1f} faces/s"
    )
