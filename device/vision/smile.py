"""Rating smiles: gray faces in, class probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.vision.rating import SMILE_LABELS, SmileReading
from device.vision.tflite import ModelError, TfliteModel


class SmileClassifier:
    """A smile network. Not thread-safe, like the model it runs."""

    def __init__(self, model: TfliteModel, labels: Sequence[str]) -> None:
        """Take a loaded network and the order of its outputs (from the manifest).

        Raises:
            ModelError: the labels are not the four smile classes, or the network has another
                number of outputs or no square input.
        """
        if sorted(labels) != sorted(SMILE_LABELS):
            raise ModelError(
                f"{model.path.name} has labels {', '.join(labels) or '(none)'} in the manifest; "
                f"a smile network has {', '.join(SMILE_LABELS)}, in the order of its outputs"
            )
        if model.output.shape[1] != len(SMILE_LABELS):
            raise ModelError(
                f"{model.path.name} has {model.output.shape[1]} outputs; a smile network has "
                f"{len(SMILE_LABELS)}"
            )
        height, width = model.input_size
        if height != width:
            raise ModelError(
                f"{model.path.name} takes {width}×{height} pixels; a smile network takes a square"
            )
        self._model = model
        self._order = [list(labels).index(label) for label in SMILE_LABELS]
        self._levels = _stored_gray_levels(model)
        self._input: NDArray[Any] = np.empty(model.input.shape, model.input.dtype)

    @property
    def input_size_px(self) -> int:
        """The side of the square gray face that `classify` takes."""
        return self._model.input_size[0]

    def classify(self, faces: Sequence[NDArray[np.uint8]]) -> tuple[SmileReading, ...]:
        """Rate each face.

        One after the other: a batch was not faster (the interpreter's time is per face), and a
        batch's memory would grow with the number of faces.

        Args:
            faces: square gray faces as `smile_crop` gives them, uint8, `input_size_px` a side.

        Raises:
            ModelError: a face has another size or dtype, or the network failed.
        """
        return tuple(self._classify_one(face) for face in faces)

    def _classify_one(self, face: NDArray[np.uint8]) -> SmileReading:
        size_px = self.input_size_px
        if face.shape != (size_px, size_px) or face.dtype != np.uint8:
            raise ModelError(
                f"{self._model.path.name} rates ({size_px}, {size_px}) uint8 faces; it was given "
                f"{face.shape} {face.dtype}"
            )
        self._input[0] = self._levels[face][:, :, np.newaxis]  # gray in every channel
        outputs = self._model.run(self._input)[0]
        none, mild, moderate, huge = _probabilities(outputs[self._order])
        return SmileReading((none, mild, moderate, huge))


def _stored_gray_levels(model: TfliteModel) -> NDArray[Any]:
    """What the network's input stores for the gray levels 0..255: one look-up per pixel."""
    return model.input.quantize(np.arange(256, dtype=np.float32))


def _probabilities(outputs: NDArray[np.float32]) -> list[float]:
    """Outputs as probabilities that sum to 1; a network may end in logits as well."""
    values = outputs.astype(np.float64)
    if values.min() < 0 or not 0.5 < values.sum() < 1.5:
        values = np.exp(values - values.max())
    total = float(values.sum())
    return [float(value) / total for value in values]
