"""The smile network: EfficientNetB0 with three heads on the same features.

Keras' EfficientNetB0 takes gray levels 0 to 255 as three equal channels (it scales them inside).
On its 1280 pooled features stand three linear heads: `smile`, logits of the four classes, which is
what ships; `count`, logits of 0 to 10 smile votes; `emotion`, logits of the ten FER+ answers. The
two auxiliary heads make the features richer while training and cost nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.faces.network_input import to_network_input
from convert.faces.smile_classes import EMOTIONS, LABELS, VOTERS
from convert.quantization.from_keras import variable_name

Build = Callable[[int, float], Any]
Answers = tuple[NDArray[np.float32], ...]
"""Logits (n, 4), (n, 11), (n, 10) of the three heads."""

DROPOUT = 0.3
_ANSWERED_AT_ONCE = 64
HEADS = (("smile", len(LABELS)), ("count", VOTERS + 1), ("emotion", len(EMOTIONS)))


def build_network(resolution: int, dropout: float = DROPOUT) -> Any:
    """The three-headed `keras.Model`, without weights of its own.

    Args:
        resolution: input height and width in pixels.
        dropout: share of the features hidden from the heads while training.
    """
    import keras

    base = keras.applications.EfficientNetB0(
        include_top=False, weights=None, pooling="avg", input_shape=(resolution, resolution, 3)
    )
    features = keras.layers.Dropout(dropout, name="drop")(base.output)
    outputs = [keras.layers.Dense(size, name=name)(features) for name, size in HEADS]
    return keras.Model(base.input, outputs)


def set_named_weights(network: Any, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Set the variables of a Keras model that are named, such as `stem_conv/kernel`.

    Raises:
        KeyError: the model has no variable of one of the names.
    """
    variables = {
        variable_name(layer.name, variable.name): variable
        for layer in network.layers
        for variable in layer.weights
    }
    for name, array in weights.items():
        variables[name].assign(array)


def answers_of(network: Any, images: NDArray[np.uint8], resolution: int) -> Answers:
    """What a Keras network answers for gray uint8 faces, scaled to `resolution` pixels."""
    return answers_by(lambda block: network(block, training=False), images, resolution)


def answers_by(
    forward: Callable[[NDArray[np.float32]], Sequence[Any]],
    images: NDArray[np.uint8],
    resolution: int,
) -> Answers:
    """What a network answers, block after block.

    Args:
        forward: gives the logits of each head, as something that NumPy takes for an array, for
            (b, resolution, resolution, 3) gray levels from 0 to 255.
        images: (n, side, side) uint8 gray.
        resolution: input side of the network, in pixels.
    """
    parts = []
    for at in range(0, len(images), _ANSWERED_AT_ONCE):
        block = to_network_input(images[at : at + _ANSWERED_AT_ONCE], resolution)
        parts.append([np.asarray(logits) for logits in forward(block.astype(np.float32))])
    return tuple(np.concatenate(head) for head in zip(*parts, strict=True))
