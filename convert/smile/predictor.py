"""Class probabilities of faces, from a `.tflite` file or a Keras model alike."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.network_input import to_network_input
from convert.faces.smile_classes import LABELS
from convert.progress import progress
from device.vision.tflite import ModelError, TfliteModel

_KERAS_BATCH = 64
_BLOCK = 256


class Predictor(Protocol):
    """A network, ready to rate faces."""

    name: str
    resolution: int

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(n, 4) for gray uint8 faces (n, height, width); rows sum to 1."""


def open_predictor(path: Path, threads: int = 1) -> Predictor:
    """The network in a file.

    Args:
        path: a `.tflite` file, a `.keras` file or a SavedModel folder.
        threads: for `.tflite`.

    Raises:
        ConfigurationError: it is missing, or of another kind.
    """
    if path.suffix == ".tflite":
        return TflitePredictor(path, threads)
    if path.suffix == ".keras" or (path / "saved_model.pb").is_file():
        from convert.smile.keras_predictor import KerasPredictor

        return KerasPredictor(path, _KERAS_BATCH)
    raise ConfigurationError(
        f"{path} is not a model that can be measured; give a .tflite file, a .keras file or a "
        "SavedModel folder"
    )


class TflitePredictor:
    """A `.tflite` file in whichever runtime is installed, one face at a time."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load the file.

        Raises:
            ConfigurationError: it cannot be loaded, or has not four outputs.
        """
        try:
            self._model = TfliteModel(path, threads)
        except ModelError as error:
            raise ConfigurationError(str(error)) from error
        if self._model.output.shape[-1] != len(LABELS):
            raise ConfigurationError(
                f"{path} gives {self._model.output.shape[-1]} values; {len(LABELS)} class "
                "probabilities are expected"
            )
        self.name = f"{path.name} in {self._model.runtime_name}"
        self.resolution = self._model.input_size[0]

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(n, 4) class probabilities of gray uint8 faces, scaled to sum to 1."""
        answers = np.empty((len(images), len(LABELS)), np.float64)
        for start in progress(range(0, len(images), _BLOCK), "rating faces"):
            block = to_network_input(images[start : start + _BLOCK], self.resolution)
            block = block[..., : self._model.channels]
            if self._model.input.dtype == np.uint8:
                answers[start : start + _BLOCK] = self._model.run(block)
            else:
                real = block.astype(np.float32)
                answers[start : start + _BLOCK] = self._model.run(self._model.input.quantize(real))
        # 8-bit probabilities sum to 255/256 or 257/256 now and then.
        sums: NDArray[np.float64] = answers.sum(axis=1, keepdims=True)
        return answers / np.maximum(sums, 1e-9)
