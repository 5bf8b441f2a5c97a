"""Runs a `.tflite` on stored pictures in the interpreter this Python has; needs only NumPy.

Run as a file by another interpreter (`python runtime_probe.py MODEL PICTURES.npy OUTPUT.npz
REFERENCE_COUNT`), it shows what that runtime makes of a network: the stored output values and the
time each picture took with the kernels it normally uses, and the values of the first pictures
with its reference kernels, which are slow but follow the specification of every operator.
"""

import sys
import time
from importlib import import_module
from typing import Any

import numpy as np

_WARM_UP = 3


def _runtime() -> tuple[Any, str]:
    for package in ("ai_edge_litert", "tflite_runtime"):
        try:
            module = import_module(package + ".interpreter")
        except ModuleNotFoundError:
            continue
        from importlib.metadata import version

        name = package.replace("_", "-")
        return module, name + " " + version(name)
    raise SystemExit("this Python has neither ai-edge-litert nor tflite-runtime")


def _answers(interpreter: Any, faces: Any) -> tuple[Any, Any]:
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]
    target = interpreter.get_output_details()[0]
    answers, times = [], []
    for picture in faces:
        interpreter.set_tensor(source["index"], picture[np.newaxis].astype(source["dtype"]))
        began = time.perf_counter()
        interpreter.invoke()
        times.append(1000 * (time.perf_counter() - began))
        answers.append(interpreter.get_tensor(target["index"])[0].copy())
    return np.array(answers), np.array(times)


def main(model: str, pictures: str, output: str, reference_count: str) -> None:
    """Run the network on each picture, (n, height, width, channels) in its own input type."""
    module, name = _runtime()
    faces = np.load(pictures)
    usual = module.Interpreter(model_path=model, num_threads=1)
    _answers(usual, faces[:_WARM_UP])
    stored, times = _answers(usual, faces)
    exact = module.Interpreter(
        model_path=model, experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF
    )
    reference, _ = _answers(exact, faces[: int(reference_count)])
    np.savez(output, stored=stored, milliseconds=times, reference=reference, runtime=np.array(name))


if __name__ == "__main__":
    main(*sys.argv[1:5])
