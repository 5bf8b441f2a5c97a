"""A float `.tflite` and ranges of its activations, turned into a full-integer `.tflite`.

The conversion itself is Google's `litert-quantizer`: int8 activations, int8 weights per channel,
int32 biases, uint8 in and out.
"""

from __future__ import annotations

import contextlib
import io

import numpy as np

from convert.errors import ConvertError

Range = tuple[float, float]
SIGMOID_RANGE: Range = (0.0, 255.0 / 256.0)
"""What TFLite's int8 LOGISTIC and SOFTMAX always give: 256 steps of 1/256 from 0."""


def to_integer_tflite(float_model: bytes, ranges: dict[str, Range]) -> bytes:
    """The integer network.

    Args:
        float_model: a float `.tflite`.
        ranges: smallest and largest value of every activation, by tensor name; what lies
            outside saturates.

    Raises:
        ConvertError: litert-quantizer refuses, or a tensor has no range.
    """
    from litert_quantizer import qtyping, quantizer, recipe

    byte_wide = qtyping.OpQuantizationConfig(
        activation_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=8, symmetric=False, dtype=qtyping.TensorDataType.UINT
        ),
        weight_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=8, symmetric=True, granularity=qtyping.QuantGranularity.CHANNELWISE
        ),
        compute_precision=qtyping.ComputePrecision.INTEGER,
        explicit_dequantize=False,
    )
    statistics = {
        name: {"min": np.array(low, np.float32), "max": np.array(high, np.float32)}
        for name, (low, high) in ranges.items()
    }
    # It prints progress bars and sizes; a library has no business on the terminal.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            worker = quantizer.Quantizer(float_model, recipe.static_wi8_ai8())
            for place in (qtyping.TFLOperationName.INPUT, qtyping.TFLOperationName.OUTPUT):
                worker.update_quantization_recipe(".*", place, byte_wide)
            result = worker.quantize(statistics).quantized_model
        except (ValueError, RuntimeError) as error:
            raise ConvertError(f"litert-quantizer could not quantize: {error}") from error
    if result is None:
        raise ConvertError("litert-quantizer gave no model")
    return bytes(result)
