"""What a network gives, and how fast, in the TFLite runtime of another Python interpreter."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError, ConvertError

_PROBE = Path(__file__).with_name("runtime_probe.py")
_TIMEOUT_S = 900
_REFERENCE_PICTURES = 6


@dataclass(frozen=True)
class RuntimeAnswer:
    """What one runtime made of a network.

    Attributes:
        runtime: name and version, such as `tflite-runtime 2.14.0`.
        stored: (n, outputs) as the output tensor stores them, from the kernels it normally uses.
        reference: (m, outputs), the same of the first pictures from its reference kernels.
        median_ms: median time for one picture on one thread, in milliseconds.
        p95_ms: what 95 % of the pictures stayed below.
    """

    runtime: str
    stored: NDArray[Any]
    reference: NDArray[Any]
    median_ms: float
    p95_ms: float


def run_in(python: Path | None, model: Path, pictures: NDArray[np.uint8]) -> RuntimeAnswer:
    """Run a network in the runtime of that interpreter, or of this one where `python` is None.

    Args:
        python: a Python that has NumPy and ai-edge-litert or tflite-runtime.
        model: a `.tflite` file.
        pictures: (n, height, width, channels).

    Raises:
        ConfigurationError: there is no such interpreter.
        ConvertError: the network did not load or run there; the runtime's words are in the
            message.
    """
    interpreter = str(python) if python is not None else sys.executable
    with tempfile.TemporaryDirectory() as folder:
        faces, output = Path(folder) / "faces.npy", Path(folder) / "answers.npz"
        np.save(faces, pictures)
        command = [interpreter, str(_PROBE), str(model), str(faces), str(output)]
        command.append(str(_REFERENCE_PICTURES))
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except OSError as error:
            raise ConfigurationError(
                f"the interpreter {interpreter} cannot be started: {error.strerror}; give "
                "--runtime-python a Python that has tflite-runtime"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise ConvertError(f"{model.name} took over {_TIMEOUT_S} s in {interpreter}") from error
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ConvertError(f"{model.name} does not run in {interpreter}: {reason}")
        with np.load(output) as found:
            times = found["milliseconds"]
            return RuntimeAnswer(
                str(found["runtime"]),
                found["stored"],
                found["reference"],
                float(np.median(times)),
                float(np.percentile(times, 95)),
            )
