"""The folded network as a TensorFlow computation, and as a float `.tflite` file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConvertError
from convert.quantization.folded_network import Convolution, FoldedNetwork
from convert.quantization.tflite_graph import read_graph

Tap = Callable[[str, Any], Any]
Weights = Callable[[str, NDArray[np.float32], NDArray[np.float32]], tuple[Any, Any]]

# The operators that produce the activations named in `folded_network`, and how to tell them.
_CONVOLUTIONS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})
_KINDS = (
    (("/sigmoid", "/gate"), frozenset({"LOGISTIC"})),
    (("/swish", "/gated"), frozenset({"MUL"})),
    (("/add",), frozenset({"ADD"})),
    (("/squeeze", "features"), frozenset({"MEAN"})),
    (("shifted",), frozenset({"SUB", "ADD"})),
)
_OUTPUT_OPERATORS = frozenset().union(*(kinds for _, kinds in _KINDS)) | _CONVOLUTIONS


def convolve(
    convolution: Convolution, pixels: Any, *, symmetric: bool, kernel: Any, bias: Any
) -> Any:
    """One convolution on (n, height, width, channels) float32."""
    import tensorflow as tf

    stride, padding = convolution.stride, "SAME"
    size = convolution.kernel.shape[0]
    if symmetric and stride > 1:
        edge = [size // 2, size // 2]
        pixels = tf.pad(pixels, [[0, 0], edge, edge, [0, 0]])
        padding = "VALID"
    if convolution.depthwise:
        return tf.nn.depthwise_conv2d(pixels, kernel, [1, stride, stride, 1], padding) + bias
    return tf.nn.conv2d(pixels, kernel, stride, padding) + bias


def logits(
    network: FoldedNetwork,
    faces: Any,
    tap: Tap = lambda _, tensor: tensor,
    weights: Weights = lambda _, kernel, bias: (kernel, bias),
) -> Any:
    """The logits (n, 4) of `faces`, (n, resolution, resolution, 3) float32 from 0 to 255.

    Args:
        network: the network.
        faces: the pictures.
        tap: is given each activation by name, in order, and returns what to go on with: the
            place to watch them or to round them.
        weights: is given each layer's name, kernel and bias, and returns what to use instead.
    """
    import tensorflow as tf

    def layer(name: str, convolution: Convolution, pixels: Any) -> Any:
        kernel, bias = weights(name, convolution.kernel, convolution.bias)
        symmetric = network.symmetric_padding
        return tap(
            name, convolve(convolution, pixels, symmetric=symmetric, kernel=kernel, bias=bias)
        )

    def swish(name: str, convolution: Convolution, pixels: Any) -> Any:
        value = layer(name, convolution, pixels)
        twin = convolution.twin
        gate = value if twin is None else layer(f"{name}/twin", twin, pixels)
        return tap(f"{name}/swish", value * tap(f"{name}/sigmoid", tf.sigmoid(gate)))

    flow = tap("input", faces)
    if network.input_shift is not None:
        flow = tap("shifted", flow - network.input_shift)
    flow = swish("stem", network.stem, flow)
    for block in network.blocks:
        name, entered = block.name, flow
        if block.expand is not None:
            flow = swish(f"{name}/expand", block.expand, flow)
        flow = swish(f"{name}/depthwise", block.depthwise, flow)
        squeezed = tap(f"{name}/squeeze", tf.reduce_mean(flow, [1, 2], keepdims=True))
        squeezed = swish(f"{name}/reduce", block.reduce, squeezed)
        excited = layer(f"{name}/excite", block.excite, squeezed)
        flow = tap(f"{name}/gated", flow * tap(f"{name}/gate", tf.sigmoid(excited)))
        flow = layer(f"{name}/project", block.project, flow)
        if block.residual:
            flow = tap(f"{name}/add", flow + entered)
    flow = swish("top", network.top, flow)
    flow = tap("features", tf.reduce_mean(flow, [1, 2]))
    for index, dense in enumerate(network.head):
        kernel, bias = weights(f"head{index}", dense.kernel, dense.bias)
        flow = tf.matmul(flow, kernel) + bias
        if index < len(network.head) - 1:
            flow = tf.nn.relu(flow)
        flow = tap(f"head{index}", flow)
    return flow


def activation_names(network: FoldedNetwork) -> tuple[str, ...]:
    """The names of all activations in the order of computation, `input` first."""
    import tensorflow as tf

    names: list[str] = []

    def note(name: str, tensor: Any) -> Any:
        names.append(name)
        return tensor

    shape = (1, network.resolution, network.resolution, 3)
    with tf.Graph().as_default():
        logits(network, tf.zeros(shape), note)
    return tuple(names)


def to_float_tflite(network: FoldedNetwork) -> bytes:
    """The network with a softmax behind it, as a float `.tflite` for one face at a time."""
    import tensorflow as tf

    shape = (1, network.resolution, network.resolution, 3)

    def probabilities(image: Any) -> dict[str, Any]:
        return {"probabilities": tf.nn.softmax(logits(network, image))}

    module = tf.Module()
    function = tf.function(
        probabilities, input_signature=[tf.TensorSpec(shape, tf.float32, name="image")]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], module
    )
    return bytes(converter.convert())


def tensor_names(model: bytes, activations: tuple[str, ...]) -> dict[str, str]:
    """Activation name to tensor name in a float `.tflite` made by `to_float_tflite`.

    The converter names tensors as it likes but keeps the order of computation.

    Raises:
        ConvertError: the file's operators are not those of the network.
    """
    graph = read_graph(model)
    producers = [op for op in graph.operators if op.name in _OUTPUT_OPERATORS]
    computed = [name for name in activations if name != "input"]
    if len(producers) != len(computed):
        raise ConvertError(
            f"the converter wrote {len(producers)} operators for {len(computed)} activations; "
            "this version of TensorFlow fuses operators in a way that is not known here"
        )
    names = {"input": graph.input_name, "output": graph.output_name}
    for name, operator in zip(computed, producers, strict=True):
        if operator.name not in _expected_operators(name):
            raise ConvertError(f"the converter wrote {operator.name} where {name} was expected")
        names[name] = operator.outputs[0]
    return names


def _expected_operators(activation: str) -> frozenset[str]:
    for endings, operators in _KINDS:
        if activation.endswith(endings):
            return operators
    return _CONVOLUTIONS
