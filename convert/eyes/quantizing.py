"""From trained networks to the 8-bit files the appliance loads.

Everything is quantized, weights per channel, input and output too.  The state network's last
layer is first divided by the temperature that calibrates its probabilities on eyes not trained on
(Guo et al., "On Calibration of Modern Neural Networks", ICML 2017), so that the appliance needs
only a softmax.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

CALIBRATION_SAMPLES: Final = 500


def write_int8(network: Any, samples: NDArray[np.float32], file: Path) -> Path:
    """Convert a Keras network to a fully 8-bit TFLite file.

    `samples`, float32 (n, height, width, 1), show the converter the ranges that occur.
    """
    import tensorflow as tf

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for sample in samples[:CALIBRATION_SAMPLES]:
            yield [sample[np.newaxis]]

    with tempfile.TemporaryDirectory() as folder:
        # A saved model has its variables frozen; converting the Keras object directly fails in
        # calibration.
        network.export(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
        content = converter.convert()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.intp]) -> float:
    """The temperature in 0.3 to 5 that makes the labels likeliest; logits (n, classes)."""
    candidates = np.exp(np.linspace(np.log(0.3), np.log(5.0), 200))
    losses = [_cross_entropy(logits / temperature, labels) for temperature in candidates]
    return float(candidates[int(np.argmin(losses))])


def divide_logits(network: Any, temperature: float) -> None:
    """Divide the last layer of the state network by the temperature, in place."""
    layer = network.get_layer("logits")
    layer.set_weights([weights / temperature for weights in layer.get_weights()])


def _cross_entropy(logits: NDArray[np.float32], labels: NDArray[np.intp]) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())
