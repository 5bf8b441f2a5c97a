"""EfficientNetB0 with the three heads, in PyTorch, layer for layer as Keras builds it.

Architecture: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks", 2019. Layers carry Keras' names. Keras' ways are kept: strided convolutions are padded
more to the right and bottom, whole blocks are dropped while training (Huang et al., "Deep Networks
with Stochastic Depth", 2016), batch norm adds 0.001 to the variance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from convert.quantization.folded_network import STAGES
from convert.quantization.from_keras import NamedWeights
from convert.smile.network import HEADS, Answers, answers_by

_OUTPUTS = {"1": 16, "2": 24, "3": 40, "4": 80, "5": 112, "6": 192, "7": 320}
_KERNELS = {"1": 3, "2": 3, "3": 5, "4": 3, "5": 5, "6": 5, "7": 3}
_EXPANSION = 6
_STEM_CHANNELS = 32
_FEATURES = 1280
_SQUEEZE = 4
_BLOCKS = sum(repeats for _, repeats, _ in STAGES)
_DROPPED_BLOCKS = 0.2


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _padded(x: Tensor, kernel: int) -> Tensor:
    """As TensorFlow pads an even side for a stride of 2."""
    before, after = kernel // 2 - 1, kernel // 2
    return functional.pad(x, (before, after, before, after))


class _Block(nn.Module):
    """An inverted bottleneck with squeeze-and-excite."""

    def __init__(self, channels: tuple[int, int], kernel: int, stride: int, drop: float) -> None:
        super().__init__()
        before, after = channels
        wide = before * (1 if after == _OUTPUTS["1"] else _EXPANSION)
        self._kernel, self._stride, self._drop = kernel, stride, drop
        self._residual = stride == 1 and before == after
        if wide != before:
            self.expand_conv = nn.Conv2d(before, wide, 1, bias=False)
            self.expand_bn = _norm(wide)
        padding = kernel // 2 if stride == 1 else 0
        self.dwconv = nn.Conv2d(wide, wide, kernel, stride, padding, groups=wide, bias=False)
        self.bn = _norm(wide)
        squeezed = max(1, before // _SQUEEZE)
        self.se_reduce = nn.Conv2d(wide, squeezed, 1)
        self.se_expand = nn.Conv2d(squeezed, wide, 1)
        self.project_conv = nn.Conv2d(wide, after, 1, bias=False)
        self.project_bn = _norm(after)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        if hasattr(self, "expand_conv"):
            y = functional.silu(self.expand_bn(self.expand_conv(y)), inplace=True)
        if self._stride > 1:
            y = _padded(y, self._kernel)
        y = functional.silu(self.bn(self.dwconv(y)), inplace=True)
        gate = functional.silu(self.se_reduce(y.mean((2, 3), keepdim=True)))
        y = self.project_bn(self.project_conv(y * torch.sigmoid(self.se_expand(gate))))
        return x + self._sometimes(y) if self._residual else y

    def _sometimes(self, y: Tensor) -> Tensor:
        if not self.training or not self._drop:
            return y
        kept = torch.empty(len(y), 1, 1, 1).bernoulli_(1 - self._drop)
        return y * (kept / (1 - self._drop))


class SmileNetwork(nn.Module):
    """Gray faces to the logits of classes, counts and emotions."""

    def __init__(self, dropout: float) -> None:
        """Build it with PyTorch's random weights.

        Args:
            dropout: share of the features hidden from the heads while training.
        """
        super().__init__()
        self.stem_conv = nn.Conv2d(3, _STEM_CHANNELS, 3, 2, bias=False)
        self.stem_bn = _norm(_STEM_CHANNELS)
        channels = _STEM_CHANNELS
        self._names: list[str] = []
        for stage, repeats, stride in STAGES:
            for repeat in range(repeats):
                name = f"block{stage}{'abcd'[repeat]}"
                block = _Block(
                    (channels, _OUTPUTS[stage]),
                    _KERNELS[stage],
                    stride if repeat == 0 else 1,
                    _DROPPED_BLOCKS * len(self._names) / _BLOCKS,
                )
                self.add_module(name, block)
                self._names.append(name)
                channels = _OUTPUTS[stage]
        self.top_conv = nn.Conv2d(channels, _FEATURES, 1, bias=False)
        self.top_bn = _norm(_FEATURES)
        self._dropout = nn.Dropout(dropout)
        for name, size in HEADS:
            self.add_module(name, nn.Linear(_FEATURES, size))

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        """Logits of each head.

        Args:
            faces: (n, 1, side, side) float32 gray levels from 0 to 255; the side is a multiple
                of 32.
        """
        pixels = (faces / 255).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        x = functional.silu(self.stem_bn(self.stem_conv(_padded(pixels, 3))), inplace=True)
        for name in self._names:
            x = self.get_submodule(name)(x)
        x = functional.silu(self.top_bn(self.top_conv(x)), inplace=True)
        features = self._dropout(x.mean((2, 3)))
        return tuple(self.get_submodule(name)(features) for name, _ in HEADS)


def torch_name(keras_name: str) -> str:
    """`block2a_se_reduce/kernel` as `block2a.se_reduce.weight`."""
    layer, variable = keras_name.split("/")
    if layer.startswith("block"):
        layer = layer.replace("_", ".", 1)
    return f"{layer}.{_VARIABLES[variable]}"


_VARIABLES = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def to_torch(keras_name: str, array: Any) -> Tensor:
    """A Keras variable in PyTorch's order of axes."""
    tensor = torch.from_numpy(array)
    if tensor.ndim == 4:
        order = (2, 3, 0, 1) if keras_name.endswith("dwconv/kernel") else (3, 2, 0, 1)
        return tensor.permute(order).contiguous()
    return tensor.T.contiguous() if tensor.ndim == 2 else tensor


def to_keras(keras_name: str, tensor: Tensor) -> Any:
    """A PyTorch tensor in Keras' order of axes, as an array."""
    if tensor.ndim == 4:
        order = (2, 3, 0, 1) if keras_name.endswith("dwconv/kernel") else (2, 3, 1, 0)
        tensor = tensor.permute(order)
    elif tensor.ndim == 2:
        tensor = tensor.T
    return tensor.contiguous().numpy().copy()


def learned(weights: NamedWeights) -> NamedWeights:
    """What training changes: all but the statistics of the input, which are fixed."""
    return {name: array for name, array in weights.items() if not name.startswith("normalization")}


def network_of(weights: NamedWeights, dropout: float) -> SmileNetwork:
    """The network with the weights of a Keras network, laid out as processors like it."""
    network = SmileNetwork(dropout)
    state = {torch_name(name): to_torch(name, array) for name, array in learned(weights).items()}
    network.load_state_dict(state, strict=False)
    network.to(memory_format=torch.channels_last)
    return network


def answers_of(network: SmileNetwork, images: NDArray[np.uint8], resolution: int) -> Answers:
    """As `convert.smile.network.answers_of`; the network must be in evaluation mode."""

    def forward(block: NDArray[np.float32]) -> tuple[Tensor, ...]:
        with torch.no_grad():
            logits: tuple[Tensor, ...] = network(
                torch.from_numpy(block[..., :1]).permute(0, 3, 1, 2)
            )
        return logits

    return answers_by(forward, images, resolution)
