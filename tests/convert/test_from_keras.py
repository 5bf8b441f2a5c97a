import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import keras  # noqa: E402

from convert.errors import ConfigurationError  # noqa: E402
from convert.quantization.float_graph import logits  # noqa: E402
from convert.quantization.source import check_resolution, open_network  # noqa: E402
from convert.smile.network import build_network  # noqa: E402

SIDE = 32


@pytest.fixture(scope="module")
def trained():
    """The real network with random weights and statistics."""
    keras.utils.set_random_seed(0)
    network = build_network(SIDE)
    random = np.random.default_rng(0)
    for layer in network.layers:
        if type(layer).__name__ == "BatchNormalization":
            gamma, beta, mean, variance = layer.get_weights()
            mean = random.normal(0, 0.1, mean.shape)
            variance = random.uniform(0.2, 0.8, variance.shape)
            layer.set_weights([1.2 * gamma, beta, mean, variance])
    return network


@pytest.fixture(scope="module")
def faces():
    return np.random.default_rng(1).integers(0, 256, (3, SIDE, SIDE, 3)).astype(np.float32)


def same_answers(network, trained, faces):
    expected = trained(faces, training=False)[0].numpy()
    found = logits(network, tf.constant(faces)).numpy()
    return found == pytest.approx(expected, abs=1e-4 * max(1.0, float(np.abs(expected).max())))


def test_weights_and_keras_file_fold_to_the_same_answers(tmp_path, trained, faces):
    trained.save_weights(tmp_path / "net.weights.h5")
    trained.save(tmp_path / "net.keras")
    for name, side in (("net.weights.h5", SIDE), ("net.keras", None)):
        network = open_network(tmp_path / name, side)
        assert network.resolution == SIDE
        assert same_answers(network, trained, faces), name


def test_a_saved_model_folds_to_the_same_answers(tmp_path, trained, faces):
    # Its variables bear the names that `model.export` gives; exporting takes a minute.
    archive = tf.train.Checkpoint()
    archive.variables = [
        tf.Variable(variable.value, name=f"{layer.name}/{variable.name}")
        for layer in trained.layers
        for variable in layer.variables
        if variable.dtype == "float32"
    ]
    tf.saved_model.save(archive, str(tmp_path / "net"))
    assert same_answers(open_network(tmp_path / "net", SIDE), trained, faces)


def test_a_keras_model_of_another_architecture_is_told_apart(tmp_path):
    image = keras.Input((32, 32, 3))
    other = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    keras.Model(image, other).save(tmp_path / "other.keras")
    assert open_network(tmp_path / "other.keras", None) is None


def test_an_input_too_small_to_pool_is_refused(tmp_path, trained):
    trained.save_weights(tmp_path / "net.weights.h5")
    with pytest.raises(ConfigurationError, match="32 pixels"):
        check_resolution(open_network(tmp_path / "net.weights.h5", SIDE))


def test_what_is_no_network_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ConfigurationError, match="is no trained network"):
        open_network(tmp_path / "notes.txt", None)
    with pytest.raises(ConfigurationError, match="does not exist"):
        open_network(tmp_path / "none.keras", None)


def test_a_network_built_second_in_a_program_folds_to_the_same_answers(tmp_path, trained, faces):
    # Keras numbers its layers on: normalization_1, rescaling_1.
    second = build_network(SIDE)
    second.set_weights(trained.get_weights())
    second.save_weights(tmp_path / "second.weights.h5")
    second.save(tmp_path / "second.keras")
    for name, side in (("second.weights.h5", SIDE), ("second.keras", None)):
        assert same_answers(open_network(tmp_path / name, side), trained, faces), name
