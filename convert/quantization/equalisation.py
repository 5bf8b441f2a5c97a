"""Brings the channels of a tensor closer in size without changing what the network computes.

One 8-bit scale serves all channels of a tensor, so a channel much smaller than the largest one
loses its bits. In EfficientNet-B0 on faces the first layers are the worst: a few channels of the
stem reach 97 where most stay below 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from convert.quantization.folded_network import Array, Convolution, FoldedNetwork

# Channels that never exceed this are left as they are, or noise would be blown up.
_SMALLEST_CHANNEL = 0.3


def with_equal_chains(
    network: FoldedNetwork, channel_sizes: dict[str, Array], power: float
) -> FoldedNetwork:
    """Cross-layer equalisation over the linear bottlenecks.

    Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019;
    between a chain's project convolutions and the convolutions that read their sum all is linear.

    Args:
        network: the network.
        channel_sizes: largest magnitude per channel of every `.../project` and `.../add`.
        power: 0 changes nothing, 1 makes all channels alike (and burdens the readers' weights).
    """
    convolutions = dict(network.convolutions())
    for chain, readers in network.linear_chains():
        outputs = [f"{block.name}/project" for block in chain]
        outputs += [f"{block.name}/add" for block in chain if block.residual]
        size = np.max([channel_sizes[name] for name in outputs], axis=0)
        scale = _scale(np.maximum(size, size.max() * 1e-3), power)
        for block in chain:
            name = f"{block.name}/project"
            project = convolutions[name]
            convolutions[name] = replace(
                project, kernel=project.kernel / scale, bias=project.bias / scale
            )
        for name in readers:
            convolutions[name] = _reading_scaled(convolutions[name], scale)
    return network.with_convolutions(convolutions)


def with_split_gates(
    network: FoldedNetwork, channel_sizes: dict[str, Array], names: Sequence[str]
) -> FoldedNetwork:
    """Equalises across a swish, by computing its two factors from two convolutions.

    swish(x) = x · sigmoid(x) is not linear, so scaling x by channel changes it. With one
    convolution giving x / s and a twin giving x for the sigmoid, the product is swish(x) / s
    exactly; what reads it is scaled by s. The twin's range can be cut to where the sigmoid is not
    flat, so its 8 bits become finer, too. It costs computing those convolutions twice.

    Args:
        network: the network, without split gates so far.
        channel_sizes: largest magnitude per channel of `<name>/swish`.
        names: which convolutions: `stem`, `.../expand`, `.../depthwise`.
    """
    convolutions = dict(network.convolutions())
    for name in names:
        original = convolutions[name]
        scale = _scale(np.maximum(channel_sizes[f"{name}/swish"], _SMALLEST_CHANNEL), 1.0)
        columns = scale[:, np.newaxis] if original.depthwise else scale
        convolutions[name] = replace(
            original,
            kernel=(original.kernel / columns).astype(np.float32),
            bias=(original.bias / scale).astype(np.float32),
            twin=original,
        )
        for reader in _readers(name):
            convolutions[reader] = _reading_scaled(convolutions[reader], scale)
    return network.with_convolutions(convolutions)


def _scale(size: Array, power: float) -> Array:
    scale: Array = ((size / np.exp(np.log(size).mean())) ** power).astype(np.float32)
    return scale


def _reading_scaled(reader: Convolution, scale: Array) -> Convolution:
    twin = None if reader.twin is None else _reading_scaled(reader.twin, scale)
    kernel = (reader.kernel * scale[:, np.newaxis]).astype(np.float32)
    return replace(reader, kernel=kernel, twin=twin)


def _readers(name: str) -> tuple[str, ...]:
    if name == "stem":
        return ("block1a/depthwise",)
    block, part = name.split("/")
    if part == "expand":
        return (f"{block}/depthwise",)
    return (f"{block}/reduce", f"{block}/project")
