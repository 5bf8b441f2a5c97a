"""Quantizes a Keras network of any architecture: ranges only, nothing corrected.

What `ladder` does for EfficientNet-B0 needs to know the network's layers. For others the ranges
of all tensors are watched while TFLite runs the float network on real faces, and chosen in two
ways, of which the better is kept.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.quantization.integer_model import Range, to_integer_tflite
from convert.quantization.ladder import LadderResult, Method, Rung, keep_best, run_model
from convert.quantization.ranges import least_error, widest
from convert.quantization.tflite_graph import read_graph
from convert.smile.keras_predictor import as_probabilities

_SAMPLES_PER_FACE = 400
_RANGES_OF = {
    Method("min-max", "ranges from the smallest to the largest value seen"): widest,
    Method("least-error", "ranges of least squared error"): least_error,
}


def to_float_tflite_of_keras(path: Path) -> bytes:
    """A `.keras` file or SavedModel folder as a float `.tflite` that gives probabilities.

    Raises:
        ConfigurationError: it cannot be loaded, or has not one image in and four classes out.
    """
    import keras
    import tensorflow as tf

    if path.suffix != ".keras":
        converter = tf.lite.TFLiteConverter.from_saved_model(str(path))
        return bytes(converter.convert())
    model = keras.models.load_model(path, compile=False)
    if len(model.inputs) != 1 or len(model.outputs) != 1 or model.outputs[0].shape[-1] != 4:
        raise ConfigurationError(
            f"{path} has outputs {[tuple(output.shape) for output in model.outputs]}; one output "
            "of the four classes none, mild, moderate, huge is expected"
        )
    noise = np.random.default_rng(0).uniform(0, 255, (2, *model.inputs[0].shape[1:]))
    found = np.asarray(model(noise.astype(np.float32), training=False), np.float64)
    if as_probabilities(found) is not found:
        model = keras.Model(model.inputs, keras.layers.Softmax()(model.outputs[0]))
    with tempfile.TemporaryDirectory() as folder:
        # Exported, its variables are frozen; converted directly, the calibrator cannot read them.
        model.export(folder, verbose=False)
        return bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())


def quantize_any(
    float_model: bytes,
    representative: NDArray[np.uint8],
    held_out: NDArray[np.uint8],
    truth: NDArray[np.int64],
    report: Callable[[Rung], None] = lambda _: None,
) -> LadderResult:
    """Try both kinds of ranges and keep the better; arguments as `ladder.climb`."""
    exact = run_model(float_model, held_out)
    values = _watch(float_model, representative)

    def quantized(method: Method) -> tuple[bytes, float]:
        choose = _RANGES_OF[method]
        ranges: dict[str, Range] = {name: choose(seen) for name, seen in values.items()}
        return to_integer_tflite(float_model, ranges), float("nan")

    return keep_best(tuple(_RANGES_OF), quantized, held_out, exact, truth, report)


def _watch(model: bytes, faces: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Samples of every float tensor's values, with the extremes of each face."""
    from ai_edge_litert.interpreter import Interpreter

    with warnings.catch_warnings():
        # It warns that keeping all tensors is for debugging: it is what we need.
        warnings.simplefilter("ignore", UserWarning)
        interpreter = Interpreter(
            model_content=model, num_threads=1, experimental_preserve_all_tensors=True
        )
    interpreter.allocate_tensors()
    graph = read_graph(model)
    # Weights are float tensors, too, but the quantizer finds their ranges itself.
    activations = {graph.input_name, *(name for op in graph.operators for name in op.outputs)}
    details = [d for d in interpreter.get_tensor_details() if d["name"] in activations]
    entry = interpreter.get_input_details()[0]["index"]
    random = np.random.default_rng(0)
    seen: dict[str, list[NDArray[np.float32]]] = {}
    for face in faces:
        interpreter.set_tensor(entry, face[np.newaxis].astype(np.float32))
        interpreter.invoke()
        for tensor in details:
            values = _values(interpreter, tensor)
            if values is not None and values.size:
                drawn = values[random.integers(0, values.size, _SAMPLES_PER_FACE)]
                ends = np.array([values.min(), values.max()], np.float32)
                seen.setdefault(tensor["name"], []).append(np.concatenate([drawn, ends]))
    return {name: np.concatenate(parts) for name, parts in seen.items()}


def _values(interpreter: Any, tensor: dict[str, Any]) -> NDArray[np.float32] | None:
    if tensor["dtype"] != np.float32:
        return None
    try:
        values: NDArray[np.float32] = interpreter.get_tensor(tensor["index"]).reshape(-1)
    except ValueError:
        # Tensors that the runtime has optimised away hold nothing.
        return None
    return values
