"""One loader for `.tflite` networks, whichever interpreter this machine can have.

`ai-edge-litert` is the successor of `tflite-runtime` and several times faster, but has no
32-bit ARM wheels; both read the same files and offer the same interpreter. Everything that
can be read from the file (shape, dtype, quantization) is read from it, so that a network
retrained at another size, or left in float, runs without a change here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

# Module of the interpreter, name of the distribution it comes from; the first found is used.
_RUNTIMES = (
    ("ai_edge_litert.interpreter", "ai-edge-litert"),
    ("tflite_runtime.interpreter", "tflite-runtime"),
)
_ACCEPTED_DTYPES = (np.dtype(np.uint8), np.dtype(np.int8), np.dtype(np.float32))


class ModelError(Exception):
    """Raised when a network cannot be loaded or run; says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of a network, as its file describes it.

    `scale` is 0 where the tensor is not quantized; otherwise
    real value = scale × (stored value - zero_point).
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    zero_point: int

    @property
    def is_quantized(self) -> bool:
        """Whether stored integers stand for real values."""
        return self.scale > 0 and self.dtype != np.float32

    def quantize(self, real: NDArray[np.float32]) -> NDArray[Any]:
        """Real values as this tensor stores them, rounded and saturated."""
        if not self.is_quantized:
            return real.astype(self.dtype, copy=False)
        bounds = np.iinfo(self.dtype)
        stored = np.rint(real / self.scale) + self.zero_point
        return np.asarray(np.clip(stored, bounds.min, bounds.max), dtype=self.dtype)

    def dequantize(self, stored: NDArray[Any]) -> NDArray[np.float32]:
        """The real values that stored ones stand for, as a new float32 array."""
        real = stored.astype(np.float32)
        return (real - self.zero_point) * self.scale if self.is_quantized else real


class TfliteModel:
    """A network with one image input and one output, ready to run.

    Not thread-safe: the interpreter owns its tensors. Use one per thread.

    Attributes:
        input: shape (1, height, width, channels), dtype and quantization of the input.
        output: the same of the output, (1, n).
        runtime_name: the interpreter and its version, such as `ai-edge-litert 2.3.0`.
        path: the file the network was loaded from.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load and allocate the network; `threads` is what XNNPACK may use.

        Raises:
            ModelError: the file is missing or no valid network, no interpreter is installed,
                or the network is not one image in, one vector out.
        """
        if threads < 1:
            raise ModelError(f"threads is {threads}; a network needs at least 1")
        self.path = path
        interpreter_class, self.runtime_name = find_runtime()
        self._interpreter = _open_interpreter(interpreter_class, path, threads)
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(
                f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; "
                "one image in and one vector out are expected: is it another kind of network?"
            )
        self.input, self.output = _spec(inputs[0]), _spec(outputs[0])
        self._check_shapes()
        self._input_index = int(inputs[0]["index"])
        self._output_index = int(outputs[0]["index"])

    @property
    def input_size(self) -> tuple[int, int]:
        """`(height, width)` in pixels."""
        return self.input.shape[1], self.input.shape[2]

    @property
    def channels(self) -> int:
        """How many channels a pixel has: 1 or 3."""
        return self.input.shape[3]

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """Run the network on each picture of `batch`.

        Args:
            batch: (n, height, width, channels) in the network's own input dtype, that is
                already quantized; `input.quantize` makes it from real values.

        Returns:
            (n, outputs) float32, dequantized.

        Raises:
            ModelError: the batch has another shape or dtype than the network takes, or the
                interpreter failed.
        """
        expected = self.input.shape[1:]
        if batch.shape[1:] != expected or batch.dtype != self.input.dtype:
            raise ModelError(
                f"{self.path.name} takes (n, {', '.join(map(str, expected))}) "
                f"{self.input.dtype}; it was given {batch.shape} {batch.dtype}"
            )
        answers = np.empty((len(batch), self.output.shape[1]), np.float32)
        for row, picture in enumerate(batch):
            answers[row] = self._run_one(picture[np.newaxis])
        return answers

    def _run_one(self, picture: NDArray[Any]) -> NDArray[np.float32]:
        try:
            self._interpreter.set_tensor(self._input_index, picture)
            self._interpreter.invoke()
            stored: NDArray[Any] = self._interpreter.get_tensor(self._output_index)
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                f"{self.path.name} failed under {self.runtime_name}: {error}"
            ) from error
        return self.output.dequantize(stored[0])

    def _check_shapes(self) -> None:
        shape, outputs = self.input.shape, self.output.shape
        if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3) or min(shape) < 1:
            raise ModelError(
                f"{self.path} takes a tensor of shape {shape}; "
                "(1, height, width, 1 or 3) is expected"
            )
        if len(outputs) != 2 or outputs[0] != 1:
            raise ModelError(f"{self.path} gives a tensor of shape {outputs}; (1, n) is expected")
        for role, spec in (("input", self.input), ("output", self.output)):
            if spec.dtype not in _ACCEPTED_DTYPES:
                raise ModelError(
                    f"{self.path} has {role} type {spec.dtype}; uint8, int8 or float32 is expected"
                )


def find_runtime() -> tuple[Callable[..., Any], str]:
    """The interpreter class of the first runtime installed, and its name with version.

    Raises:
        ModelError: none is installed, or the one installed does not import.
    """
    failures: list[str] = []
    for module_name, distribution in _RUNTIMES:
        try:
            interpreter_class: Callable[..., Any] = import_module(module_name).Interpreter
        except ModuleNotFoundError as error:
            if error.name is not None and module_name.startswith(error.name):
                failures.append(f"{distribution} is not installed")
            else:
                failures.append(f"{distribution} lacks {error.name}")
        except (ImportError, AttributeError, OSError) as error:
            # tflite-runtime 2.14 built for NumPy 1 lands here under NumPy 2.
            failures.append(f"{distribution} does not import ({error})")
        else:
            return interpreter_class, f"{distribution} {metadata.version(distribution)}"
    raise ModelError(
        f"no TFLite runtime: {'; '.join(failures)}. Install one: `pip install ai-edge-litert`, "
        'or on 32-bit ARM `pip install tflite-runtime "numpy<2"`'
    )


def _open_interpreter(interpreter_class: Callable[..., Any], path: Path, threads: int) -> Any:
    if not path.is_file():
        raise ModelError(f"{path} does not exist; the models directory should hold it")
    try:
        interpreter = interpreter_class(model_path=str(path), num_threads=threads)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ModelError(
            f"{path} cannot be loaded ({reason}); fetch the file again, or convert it for the "
            "runtime that is installed"
        ) from error
    return interpreter


def _spec(details: dict[str, Any]) -> TensorSpec:
    dtype: DTypeLike = details["dtype"]
    scale, zero_point = details["quantization"]
    return TensorSpec(
        shape=tuple(int(side) for side in details["shape"]),
        dtype=np.dtype(dtype),
        scale=float(scale),
        zero_point=int(zero_point),
    )
