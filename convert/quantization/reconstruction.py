"""Rounds a network layer by layer on real faces, correcting each layer for the errors before it.

The same faces go through the float network and through the rounded one in step. Before a
convolution of the rounded network is fixed, it is fitted to give, from the rounded activations
it will really see, what the float one gives from exact ones: by ridge regression towards the
float weights for pointwise convolutions (they mix channels, so they can cancel correlated
errors), by a shift of the bias for the others. Then its output's range is chosen. After
Nagel et al., "Data-Free Quantization ...", 2019 (bias correction) and Hubara et al., "Accurate
Post Training Quantization With Small Calibration Sets", 2021 (layer-wise fitting).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convert.quantization.float_graph import convolve
from convert.quantization.folded_network import Array, Block, Convolution, Dense, FoldedNetwork
from convert.quantization.integer_model import SIGMOID_RANGE, Range
from convert.quantization.ranges import Effect, identity, least_error, sigmoid, swish, widest

Correction = Literal["none", "bias", "weights"]

_SAMPLES = 12_000
_WEIGHT_STEPS = 127.0


@dataclass(frozen=True)
class RoundingPlan:
    """How to round.

    Attributes:
        search_ranges: search ranges of least error instead of taking the widest.
        correction: leave the layers as they are, shift biases, or fit pointwise weights too.
        ridge: how strongly fitted weights are held to the float ones, relative to the mean
            energy of an input channel.
        seed: of the sampling.
    """

    search_ranges: bool = True
    correction: Correction = "none"
    ridge: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class Rounded:
    """A network whose weights lie on the 8-bit grid, and the ranges of its activations.

    Attributes:
        network: the corrected network.
        ranges: by activation name, as `float_graph.activation_names` gives them.
        feature_error: squared error of the pooled features relative to their variance.
    """

    network: FoldedNetwork
    ranges: dict[str, Range]
    feature_error: float


def round_network(network: FoldedNetwork, faces: NDArray[np.uint8], plan: RoundingPlan) -> Rounded:
    """Round a network on the given faces, (n, resolution, resolution, 3), all at once."""
    return _Rounding(network, plan).run(faces)


def round_weights(kernel: Array, *, depthwise: bool) -> Array:
    """A kernel on the symmetric 8-bit grid of each output channel."""
    axes = (0, 1, 3) if depthwise else tuple(range(kernel.ndim - 1))
    step = np.maximum(np.abs(kernel).max(axis=axes, keepdims=True) / _WEIGHT_STEPS, 1e-9)
    rounded: Array = (np.round(kernel / step) * step).astype(np.float32)
    return rounded


def round_tensor(tensor: Any, span: Range) -> Any:
    """A TensorFlow tensor as 8 bits over `span` would hold it."""
    import tensorflow as tf

    step = (span[1] - span[0]) / 255.0
    zero = np.round(-span[0] / step)
    return (tf.clip_by_value(tf.round(tensor / step) + zero, 0, 255) - zero) * step


@dataclass(frozen=True)
class _Pair:
    """The same activation in the float network and in the rounded one."""

    exact: Any
    rounded: Any

    def map(self, function: Callable[[Any], Any]) -> _Pair:
        return _Pair(function(self.exact), function(self.rounded))


class _Rounding:
    def __init__(self, network: FoldedNetwork, plan: RoundingPlan) -> None:
        self._network = network
        self._plan = plan
        self._random = np.random.default_rng(plan.seed)
        self._ranges: dict[str, Range] = {}
        self._changed: dict[str, Convolution] = {}
        self._twins: dict[str, Convolution] = {}

    def run(self, faces: NDArray[np.uint8]) -> Rounded:
        import tensorflow as tf

        network = self._network
        pixels = tf.constant(faces.astype(np.float32))
        self._ranges["input"] = (0.0, 255.0)
        flow = _Pair(pixels, pixels)
        if network.input_shift is not None:
            flow = self._fixed("shifted", flow.map(lambda x: x - network.input_shift))
        flow = self._swish("stem", network.stem, flow)
        for block in network.blocks:
            flow = self._block(block, flow)
        flow = self._swish("top", network.top, flow)
        flow = self._fixed("features", flow.map(lambda x: tf.reduce_mean(x, [1, 2])))
        exact, found = flow.exact.numpy(), flow.rounded.numpy()
        head = self._head(exact, found)
        changed = {
            name: replace(convolution, twin=self._twins.get(name))
            for name, convolution in self._changed.items()
        }
        return Rounded(
            replace(network.with_convolutions(changed), head=head),
            self._ranges,
            float(((exact - found) ** 2).mean() / exact.var()),
        )

    def _block(self, block: Block, entered: _Pair) -> _Pair:
        import tensorflow as tf

        name, flow = block.name, entered
        if block.expand is not None:
            flow = self._swish(f"{name}/expand", block.expand, flow)
        flow = self._swish(f"{name}/depthwise", block.depthwise, flow)
        squeezed = self._fixed(
            f"{name}/squeeze", flow.map(lambda x: tf.reduce_mean(x, [1, 2], keepdims=True))
        )
        squeezed = self._swish(f"{name}/reduce", block.reduce, squeezed)
        gate = self._sigmoid(
            f"{name}/gate", self._convolution(f"{name}/excite", block.excite, squeezed, sigmoid)
        )
        gated = _Pair(flow.exact * gate.exact, flow.rounded * gate.rounded)
        flow = self._fixed(f"{name}/gated", gated)
        flow = self._convolution(f"{name}/project", block.project, flow, identity)
        if block.residual:
            added = _Pair(flow.exact + entered.exact, flow.rounded + entered.rounded)
            flow = self._fixed(f"{name}/add", added)
        return flow

    def _swish(self, name: str, convolution: Convolution, source: _Pair) -> _Pair:
        value = self._convolution(name, convolution, source, swish)
        gate = value
        if convolution.twin is not None:
            gate = self._convolution(f"{name}/twin", convolution.twin, source, sigmoid)
            self._twins[name] = self._changed.pop(f"{name}/twin")
        gate = self._sigmoid(f"{name}/sigmoid", gate)
        product = _Pair(value.exact * gate.exact, value.rounded * gate.rounded)
        return self._fixed(f"{name}/swish", product)

    def _sigmoid(self, name: str, source: _Pair) -> _Pair:
        import tensorflow as tf

        self._ranges[name] = SIGMOID_RANGE
        return _Pair(
            tf.sigmoid(source.exact), round_tensor(tf.sigmoid(source.rounded), SIGMOID_RANGE)
        )

    def _convolution(
        self, name: str, convolution: Convolution, source: _Pair, effect: Effect
    ) -> _Pair:
        wanted = self._apply(convolution, source.exact)
        fitted = convolution
        if self._plan.correction == "weights" and convolution.is_pointwise:
            fitted = self._fit(convolution, source.rounded.numpy(), wanted.numpy())
        kernel = round_weights(fitted.kernel, depthwise=fitted.depthwise)
        fitted = replace(fitted, kernel=kernel)
        found = self._apply(fitted, source.rounded)
        if self._plan.correction != "none":
            axes = (0, 1, 2)
            shift = wanted.numpy().mean(axis=axes) - found.numpy().mean(axis=axes)
            fitted = replace(fitted, bias=(fitted.bias + shift).astype(np.float32))
            found = found + shift
        self._changed[name] = fitted
        return self._fixed(name, _Pair(wanted, found), effect)

    def _apply(self, convolution: Convolution, pixels: Any) -> Any:
        return convolve(
            convolution,
            pixels,
            symmetric=self._network.symmetric_padding,
            kernel=convolution.kernel,
            bias=convolution.bias,
        )

    def _fit(self, convolution: Convolution, seen: Array, wanted: Array) -> Convolution:
        rows = seen.reshape(-1, seen.shape[-1])
        targets = wanted.reshape(-1, wanted.shape[-1])
        if len(rows) > _SAMPLES:
            chosen = self._random.choice(len(rows), _SAMPLES, replace=False)
            rows, targets = rows[chosen], targets[chosen]
        kernel = _ridge(rows, targets, convolution.kernel[0, 0], self._plan.ridge)
        return replace(convolution, kernel=kernel[np.newaxis, np.newaxis])

    def _head(self, exact: Array, found: Array) -> tuple[Dense, ...]:
        layers = []
        for index, dense in enumerate(self._network.head):
            wanted = exact @ dense.kernel + dense.bias
            kernel, bias = dense.kernel, dense.bias
            if self._plan.correction == "weights":
                kernel = _ridge(found, wanted, dense.kernel, self._plan.ridge)
            kernel = round_weights(kernel, depthwise=False)
            if self._plan.correction != "none":
                bias = (wanted.mean(axis=0) - found.mean(axis=0) @ kernel).astype(np.float32)
            layers.append(Dense(kernel, bias))
            exact, found = wanted, found @ kernel + bias
            if index < len(self._network.head) - 1:
                exact, found = np.maximum(exact, 0), np.maximum(found, 0)
            low, high = widest(found)
            # Faces not seen here may give logits a little beyond these.
            self._ranges[f"head{index}"] = (1.15 * low, 1.15 * high)
        return tuple(layers)

    def _fixed(self, name: str, pair: _Pair, effect: Effect = identity) -> _Pair:
        values = pair.rounded.numpy().reshape(-1)
        if len(values) > _SAMPLES:
            drawn = self._random.integers(0, len(values), _SAMPLES)
            ends = np.array([values.min(), values.max()], np.float32)
            values = np.concatenate([values[drawn], ends])
        search = self._plan.search_ranges
        self._ranges[name] = least_error(values, effect) if search else widest(values)
        return _Pair(pair.exact, round_tensor(pair.rounded, self._ranges[name]))


def _ridge(rows: Array, targets: Array, towards: Array, strength: float) -> Array:
    """Weights that give `targets` from `rows` up to a constant, held towards given ones."""
    centred = (rows - rows.mean(axis=0)).astype(np.float64)
    missing = (targets - targets.mean(axis=0)) - centred @ towards
    gram = centred.T @ centred
    gram[np.diag_indices_from(gram)] += strength * np.trace(gram) / len(gram) + 1e-6
    fitted: Array = (towards + np.linalg.solve(gram, centred.T @ missing)).astype(np.float32)
    return fitted
