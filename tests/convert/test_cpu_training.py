"""The torch engine: the same network as Keras', trained by one process a core."""

import csv
from pathlib import Path

import numpy as np
import pytest

from convert.errors import ConfigurationError
from convert.smile.cpu_training.cpu_run import CpuTrainingRun
from convert.smile.network import HEADS
from convert.smile.run_record import EpochResult, RunSettings
from convert.smile.stages import Stage, parse_stages
from convert.smile.training_faces import TrainingFaces
from tests.convert.conftest import drawn_faces

pytest.importorskip("tensorflow")
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")


@pytest.fixture(scope="module")
def keras_network():
    import keras

    from convert.smile.network import build_network

    keras.utils.set_random_seed(3)
    network = build_network(64)
    random = np.random.default_rng(3)
    # Statistics as after training, so that a swapped mean and variance would show.
    for layer in network.layers:
        if type(layer).__name__ == "BatchNormalization":
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights(
                [
                    gamma * random.uniform(0.7, 1.3, gamma.shape),
                    beta + random.normal(0, 0.1, beta.shape),
                    mean + random.normal(0, 0.05, mean.shape),
                    variance * random.uniform(0.5, 1.5, variance.shape),
                ]
            )
    return network


@pytest.fixture(scope="module")
def learned(keras_network):
    from convert.quantization.source import named_weights

    weights = named_weights(keras_network)
    return {name: w for name, w in weights.items() if not name.startswith("normalization")}


def test_the_torch_network_answers_as_the_keras_network_whose_weights_it_has(
    keras_network, learned
):
    from convert.smile.cpu_training.torch_network import SmileNetwork, to_torch, torch_name

    network = SmileNetwork(dropout=0.3).eval()
    state = {torch_name(name): to_torch(name, array) for name, array in learned.items()}
    missing = network.load_state_dict(state, strict=False).missing_keys
    assert not [name for name in missing if not name.endswith("num_batches_tracked")]
    faces = np.random.default_rng(4).uniform(0, 255, (3, 64, 64, 1)).astype(np.float32)
    expected = keras_network(np.repeat(faces, 3, -1), training=False)
    with torch.no_grad():
        found = network(torch.from_numpy(faces).permute(0, 3, 1, 2))
    for (name, size), ours, theirs in zip(HEADS, found, expected, strict=True):
        assert ours.shape == (3, size)
        scale = np.abs(np.asarray(theirs)).max()
        np.testing.assert_allclose(
            ours.numpy(), np.asarray(theirs), atol=1e-4 * max(1.0, scale), err_msg=name
        )


def test_weights_go_to_torch_and_back_unchanged(learned):
    from convert.smile.cpu_training.torch_network import to_keras, to_torch

    for name, array in learned.items():
        assert np.array_equal(to_keras(name, to_torch(name, array)), array), name


def train(folder: Path, stages: str, *, resume: bool = False, weights=None) -> list[EpochResult]:
    """A run of two processes on drawn faces: 96 to learn from, 16 a step, so 6 steps an epoch."""
    faces = drawn_faces(96)
    training = TrainingFaces.of(faces.of_split("Training"), balance=0.0, seed=1, augment=0.3)
    settings = RunSettings(batch=16, dropout=0.1, average=0.9, patience=9, checkpoint_s=0.0)
    results: list[EpochResult] = []

    def save(file: Path, stage: Stage, named: dict) -> None:
        np.savez(file.with_suffix(".npz"), **named)

    run = CpuTrainingRun(
        folder, training, faces.of_split("PublicTest"), settings, results.append, save, workers=2
    )
    run.run(parse_stages(stages, 2e-3, 0.5), weights or {}, resume=resume)
    return results


def test_a_run_goes_on_where_it_stopped_and_keeps_the_best_weights(tmp_path, learned):
    first = train(tmp_path, "32:2", weights=learned)
    assert [result.step for result in first] == [6, 12]
    assert all(np.isfinite(result.loss) for result in first)
    # As if it had been interrupted: the stage is longer than what the checkpoint has.
    (tmp_path / "place.json").unlink()
    more = train(tmp_path, "32:3,64:1", resume=True, weights=learned)
    assert [(result.stage, result.resolution, result.step) for result in more] == [
        (0, 32, 18),
        (1, 64, 6),
    ]
    with (tmp_path / "log.csv").open() as stream:
        logged = list(csv.DictReader(stream))
    assert [row["step"] for row in logged] == ["6", "12", "18", "6"]
    with np.load(tmp_path / "last.weights.npz") as last:
        assert set(last) == set(learned)
        assert not np.array_equal(last["stem_conv/kernel"], learned["stem_conv/kernel"])


def test_a_batch_that_the_processes_cannot_share_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="multiple of 3"):
        CpuTrainingRun(
            tmp_path,
            None,
            None,
            RunSettings(batch=16, dropout=0.1, average=0.9, patience=9, checkpoint_s=0.0),
            print,
            print,
            workers=3,
        )
