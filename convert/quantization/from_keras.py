"""Keras' EfficientNetB0 as a folded network.

Works on weights by name (`stem_conv/kernel`), which a `.keras` file, a SavedModel and a weights
file all have.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.quantization.folded_network import (
    STAGES,
    Block,
    Convolution,
    Dense,
    FoldedNetwork,
)

NamedWeights = dict[str, NDArray[np.float32]]
_EPSILON = 1e-3
_SMILE_OUTPUTS = 4
_NUMBERED_NORMALIZATION = re.compile(r"^normalization_\d+$")


def variable_name(layer: str, variable: str) -> str:
    """`stem_conv/kernel`; the same in every session.

    Keras numbers the layers it names itself: the input's normalization is `normalization_1` in
    the second network that a program builds.
    """
    return f"{re.sub(_NUMBERED_NORMALIZATION, 'normalization', layer)}/{variable}"


def is_efficientnet_b0(weights: NamedWeights) -> bool:
    """Whether the weights are those of Keras' EfficientNetB0 (and not of a larger one)."""
    top = weights.get("top_conv/kernel")
    return (
        top is not None
        and top.shape == (1, 1, 320, 1280)
        and "block7a_project_conv/kernel" in weights
        and "block7b_project_conv/kernel" not in weights
    )


def fold(weights: NamedWeights, resolution: int) -> FoldedNetwork:
    """The network of those weights.

    Args:
        weights: by layer and variable name.
        resolution: input height and width in pixels.

    Raises:
        ConfigurationError: a weight is missing, or there is no Dense layer with four outputs on
            the features.
    """
    try:
        return _fold(weights, resolution)
    except KeyError as error:
        raise ConfigurationError(f"the network lacks the weight {error.args[0]!r}") from None


def _fold(weights: NamedWeights, resolution: int) -> FoldedNetwork:
    mean = weights.get("normalization/mean", np.zeros(3, np.float32)).reshape(3)
    variance = weights.get("normalization/variance", np.ones(3, np.float32)).reshape(3)
    deviation = np.sqrt(variance)
    if "rescaling_1/scale" in weights:
        deviation = deviation / weights["rescaling_1/scale"]
    stem = _folded(weights, "stem_conv", "stem_bn", stride=2)
    # Keras scales the input to 0..1 first.
    scaled = stem.kernel / (255.0 * deviation)[:, np.newaxis]
    blocks = []
    for stage, repeats, stride in STAGES:
        for index in range(repeats):
            name = f"block{stage}{'abcd'[index]}"
            blocks.append(_block(weights, name, stride if index == 0 else 1, residual=index > 0))
    return FoldedNetwork(
        resolution,
        Convolution(scaled.astype(np.float32), stem.bias, 2),
        tuple(blocks),
        _folded(weights, "top_conv", "top_bn"),
        _head(weights),
        input_shift=(255.0 * mean).astype(np.float32) if np.any(mean) else None,
    )


def _block(weights: NamedWeights, name: str, stride: int, *, residual: bool) -> Block:
    has_expansion = f"{name}_expand_conv/kernel" in weights
    return Block(
        name,
        _folded(weights, f"{name}_expand_conv", f"{name}_expand_bn") if has_expansion else None,
        _folded(weights, f"{name}_dwconv", f"{name}_bn", stride=stride, depthwise=True),
        Convolution(weights[f"{name}_se_reduce/kernel"], weights[f"{name}_se_reduce/bias"]),
        Convolution(weights[f"{name}_se_expand/kernel"], weights[f"{name}_se_expand/bias"]),
        _folded(weights, f"{name}_project_conv", f"{name}_project_bn"),
        residual,
    )


def _folded(
    weights: NamedWeights, conv: str, norm: str, *, stride: int = 1, depthwise: bool = False
) -> Convolution:
    gain = weights[f"{norm}/gamma"] / np.sqrt(weights[f"{norm}/moving_variance"] + _EPSILON)
    bias = weights[f"{norm}/beta"] - weights[f"{norm}/moving_mean"] * gain
    kernel = weights[f"{conv}/kernel"]
    scaled = kernel * (gain[:, np.newaxis] if depthwise else gain)
    return Convolution(scaled.astype(np.float32), bias.astype(np.float32), stride, depthwise)


def _head(weights: NamedWeights) -> tuple[Dense, ...]:
    layers = {
        match[1]: Dense(kernel, weights[f"{match[1]}/bias"])
        for name, kernel in weights.items()
        if (match := re.fullmatch(r"(.+)/kernel", name)) and kernel.ndim == 2
    }
    on_features = {name: layer for name, layer in layers.items() if len(layer.kernel) == 1280}
    if "smile" in on_features and on_features["smile"].kernel.shape[1] == _SMILE_OUTPUTS:
        return (on_features["smile"],)
    fitting = [layer for layer in on_features.values() if layer.kernel.shape[1] == _SMILE_OUTPUTS]
    if len(fitting) != 1:
        shapes = {name: layer.kernel.shape for name, layer in layers.items()}
        raise ConfigurationError(
            "one Dense layer from 1280 features to the four classes is expected; "
            f"the network has {shapes or 'none'}"
        )
    return (fitting[0],)
