"""Trains a network small enough for a test: `python tiny_training.py OUT STAGES RESUME`.

A program of its own, because a `tf.distribute` worker must be one.
"""

import json
import sys
from pathlib import Path
from typing import Any

from convert.smile.distribution import join_cluster
from convert.smile.network import HEADS
from convert.smile.stages import parse_stages
from convert.smile.training import EpochResult, RunSettings, TrainingRun
from convert.smile.training_faces import TrainingFaces
from tests.convert.conftest import drawn_faces


def tiny_network(resolution: int, dropout: float) -> Any:
    import keras

    image = keras.Input((resolution, resolution, 3))
    x = keras.layers.Rescaling(1 / 255)(image)
    x = keras.layers.Conv2D(8, 5, strides=2, use_bias=False, name="conv")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(image, [keras.layers.Dense(size, name=name)(x) for name, size in HEADS])


def main(out: Path, stages: str, *, resume: bool) -> list[EpochResult]:
    cluster = join_cluster()
    import keras

    keras.utils.set_random_seed(1)
    faces = drawn_faces(96)
    training = TrainingFaces.of(faces.of_split("Training"), balance=0.5, seed=1, augment=0.3)
    results: list[EpochResult] = []
    settings = RunSettings(batch=16, dropout=0.1, average=0.9, patience=9, checkpoint_s=0.0)
    run = TrainingRun(
        out, cluster, training, faces.of_split("PublicTest"), settings, results.append, tiny_network
    )
    parsed = parse_stages(stages, 2e-2, 0.5)
    weights = tiny_network(parsed[0].resolution, 0.1).get_weights()
    run.run(parsed, weights, resume=resume)
    return results


if __name__ == "__main__":
    found = main(Path(sys.argv[1]), sys.argv[2], resume=sys.argv[3] == "resume")
    sys.stdout.write(json.dumps([result.__dict__ for result in found]) + "\n")
