"""Runs a `.tflite` on stored pictures in the interpreter this Python has; needs only NumPy.

Run as a file by another interpreter (`python runtime_probe.py MODEL PICTURES.npy OUTPUT.npz`), it
shows what that machine's runtime makes of a network: the stored output values and the time each
picture took.
"""

import sys
import time
from importlib import import_module
from typing import Any

import numpy as np

_WARM_UP = 3


def _interpreter_class() -> tuple[Any, str]:
    for package in ("ai_edge_litert", "tflite_runtime"):
        try:
            module = import_module(package + ".interpreter")
        except ModuleNotFoundError:
            continue
        from importlib.metadata import version

        name = package.replace("_", "-")
        return module.Interpreter, name + " " + version(name)
    raise SystemExit("this Python has neither ai-edge-litert nor tflite-runtime")


def main(model: str, pictures: str, output: str) -> None:
    """Run the network on each picture, (n, height, width, channels) in its own input type."""
    interpreter_class, name = _interpreter_class()
    interpreter = interpreter_class(model_path=model, num_threads=1)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]
    target = interpreter.get_output_details()[0]
    faces = np.load(pictures)
    for picture in faces[:_WARM_UP]:
        interpreter.set_tensor(source["index"], picture[np.newaxis].astype(source["dtype"]))
        interpreter.invoke()
    answers, times = [], []
    for picture in faces:
        interpreter.set_tensor(source["index"], picture[np.newaxis].astype(source["dtype"]))
        began = time.perf_counter()
        interpreter.invoke()
        times.append(1000 * (time.perf_counter() - began))
        answers.append(interpreter.get_tensor(target["index"])[0].copy())
    np.savez(output, stored=np.array(answers), milliseconds=np.array(times), runtime=np.array(name))


if __name__ == "__main__":
    main(*sys.argv[1:4])
