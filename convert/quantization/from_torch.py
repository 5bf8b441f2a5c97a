"""The seed's PyTorch network as a folded network.

`torchvision.models.efficientnet_b0` whose `classifier[1]` is Linear(1280, 64), ReLU,
Linear(64, 4), trained on ImageNet-normalised pictures, with the classes in the order huge, mild,
moderate, none. PyTorch pads strided convolutions alike on all sides and uses another epsilon in
batch norm than Keras.
"""

from __future__ import annotations

import re

import numpy as np

from convert.errors import ConfigurationError
from convert.quantization.folded_network import (
    STAGES,
    Array,
    Block,
    Convolution,
    Dense,
    FoldedNetwork,
)

SEED_CLASS_ORDER = ("huge", "mild", "moderate", "none")
# Our order (none, mild, moderate, huge) as positions in the seed's.
_OUR_ORDER = (3, 1, 2, 0)
_IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_EPSILON = 1e-5

State = dict[str, Array]


def fold(state: State, resolution: int) -> FoldedNetwork:
    """The network of a state dict in torchvision's layout.

    Raises:
        ConfigurationError: a tensor is missing or the head is another one.
    """
    try:
        return _fold(state, resolution)
    except KeyError as error:
        raise ConfigurationError(
            f"the checkpoint lacks {error.args[0]!r}: it is not torchvision's efficientnet_b0"
        ) from None


def _fold(state: State, resolution: int) -> FoldedNetwork:
    stem = _folded(state, "features.0", stride=2)
    kernel = stem.kernel / (255.0 * _IMAGENET_DEVIATION)[:, np.newaxis]
    blocks = [
        _block(state, stage, index, stride if index == 0 else 1, residual=index > 0)
        for stage, repeats, stride in STAGES
        for index in range(repeats)
    ]
    return FoldedNetwork(
        resolution,
        Convolution(kernel.astype(np.float32), stem.bias, 2),
        tuple(blocks),
        _folded(state, "features.8"),
        _head(state),
        input_shift=255.0 * _IMAGENET_MEAN,
        symmetric_padding=True,
    )


def _block(state: State, stage: str, index: int, stride: int, *, residual: bool) -> Block:
    prefix = f"features.{stage}.{index}.block"
    first = 0 if stage == "1" else 1
    squeeze = f"{prefix}.{first + 1}"
    return Block(
        f"block{stage}{'abcd'[index]}",
        _folded(state, f"{prefix}.0") if first else None,
        _folded(state, f"{prefix}.{first}", stride=stride, depthwise=True),
        _plain(state, f"{squeeze}.fc1"),
        _plain(state, f"{squeeze}.fc2"),
        _folded(state, f"{prefix}.{first + 2}"),
        residual,
    )


def _folded(state: State, prefix: str, *, stride: int = 1, depthwise: bool = False) -> Convolution:
    norm = f"{prefix}.1"
    gain = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + _EPSILON)
    bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain
    kernel = _transposed(state[f"{prefix}.0.weight"], depthwise=depthwise)
    scaled = kernel * (gain[:, np.newaxis] if depthwise else gain)
    return Convolution(scaled.astype(np.float32), bias.astype(np.float32), stride, depthwise)


def _plain(state: State, prefix: str) -> Convolution:
    return Convolution(
        _transposed(state[f"{prefix}.weight"], depthwise=False), state[f"{prefix}.bias"]
    )


def _transposed(kernel: Array, *, depthwise: bool) -> Array:
    # PyTorch keeps (out, in, h, w); depthwise has in = 1, which TensorFlow keeps last.
    return np.ascontiguousarray(kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0)))


def _head(state: State) -> tuple[Dense, ...]:
    names = sorted(
        (name for name in state if re.fullmatch(r"classifier\..*weight", name)),
        key=lambda name: [int(part) for part in re.findall(r"\d+", name)],
    )
    layers = [
        Dense(np.ascontiguousarray(state[name].T), state[name.removesuffix("weight") + "bias"])
        for name in names
    ]
    shapes = [layer.kernel.shape for layer in layers]
    if not layers or shapes[0][0] != 1280 or shapes[-1][1] != len(_OUR_ORDER):
        raise ConfigurationError(
            f"the checkpoint's classifier has layers {shapes}; 1280 features in and four classes "
            "out are expected"
        )
    order = list(_OUR_ORDER)
    last = layers[-1]
    return (*layers[:-1], Dense(last.kernel[:, order], last.bias[order]))
