import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("litert_quantizer")

import keras

from convert.errors import ConfigurationError
from convert.quantization.generic import quantize_any, to_float_tflite_of_keras
from convert.quantization.tflite_graph import read_graph


def save_network(file, outputs):
    keras.utils.set_random_seed(2)
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(6, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    x = keras.layers.GlobalAveragePooling2D()(x)
    keras.Model(image, keras.layers.Dense(outputs)(x)).save(file)
    return file


def test_a_network_of_any_architecture_becomes_integer_and_stays_close(tmp_path):
    model = to_float_tflite_of_keras(save_network(tmp_path / "other.keras", 4))
    faces = np.random.default_rng(0).integers(0, 256, (30, 16, 16, 3), np.uint8)
    result = quantize_any(model, faces[:10], faces[10:], np.zeros(20, np.int64))
    assert read_graph(result.model).float_operators == ()
    assert [rung.method for rung in result.rungs] == ["min-max", "least-error"]
    assert min(rung.divergence for rung in result.rungs) < 1e-3


def test_a_network_with_other_outputs_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="four classes"):
        to_float_tflite_of_keras(save_network(tmp_path / "other.keras", 3))
