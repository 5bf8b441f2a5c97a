"""A Keras model as a predictor; imported only when one is measured, for TensorFlow is heavy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.network_input import to_network_input
from convert.faces.smile_classes import LABELS
from convert.progress import progress


class KerasPredictor:
    """A `.keras` file or a SavedModel folder whose output, or `smile` output, is the class.

    Logits and probabilities are told apart by their sums.
    """

    def __init__(self, path: Path, batch: int) -> None:
        """Load the model.

        Raises:
            ConfigurationError: it cannot be loaded.
        """
        self._batch = batch
        self._call, shape = _load(path)
        if shape[1] is None or shape[1] != shape[2] or shape[3] != 3:
            raise ConfigurationError(f"{path} takes {shape}; (n, side, side, 3) is expected")
        self.name = path.name
        self.resolution = int(shape[1])

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(n, 4) class probabilities of gray uint8 faces."""
        answers = []
        for start in progress(range(0, len(images), self._batch), "rating faces"):
            block = to_network_input(images[start : start + self._batch], self.resolution)
            answers.append(_smile_output(self._call(block.astype(np.float32))))
        return as_probabilities(np.concatenate(answers).astype(np.float64))


def as_probabilities(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of probabilities from rows of logits or of probabilities."""
    if (outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        return outputs
    exponents: NDArray[np.float64] = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = exponents / exponents.sum(axis=1, keepdims=True)
    return probabilities


def _load(path: Path) -> tuple[Any, tuple[int | None, ...]]:
    import keras
    import tensorflow as tf

    try:
        if path.suffix == ".keras":
            model = keras.models.load_model(path, compile=False)
            names = list(getattr(model, "output_names", []))
            shape = tuple(model.inputs[0].shape)
            return lambda batch: _named(model(batch, training=False), names), shape
        loaded = tf.saved_model.load(str(path))
        signature = loaded.signatures["serving_default"]
        (argument,) = signature.structured_input_signature[1].values()
        keyword = next(iter(signature.structured_input_signature[1]))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationError(f"{path} cannot be loaded: {error}") from error
    return (
        lambda batch: signature(**{keyword: tf.constant(batch)}),
        tuple(argument.shape),
    )


def _named(outputs: Any, names: list[str]) -> Any:
    if isinstance(outputs, (list, tuple)):
        return dict(zip(names, outputs, strict=True))
    return outputs


def _smile_output(outputs: Any) -> NDArray[np.float32]:
    if not isinstance(outputs, dict):
        return np.asarray(outputs)
    if "smile" in outputs:
        return np.asarray(outputs["smile"])
    fitting = [value for value in outputs.values() if value.shape[-1] == len(LABELS)]
    if len(fitting) != 1:
        shapes = {name: tuple(value.shape) for name, value in outputs.items()}
        raise ConfigurationError(f"the model gives {shapes}; one output of four is expected")
    return np.asarray(fitting[0])
