"""Proof that the file that ships is as good as the network that was trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.faces.network_input import to_network_input
from convert.quantization.tflite_graph import read_graph
from convert.runtimes import RuntimeAnswer, run_in
from convert.smile.predictor import open_predictor
from device.vision.manifest import Manifest, ManifestError
from device.vision.tflite import TfliteModel

_LARGEST_STEP = 1
MAX_ACCURACY_LOSS = 0.005
"""What quantization may cost in accuracy (0.5 points)."""


@dataclass(frozen=True)
class Check:
    """One thing that was proved, or was not.

    Attributes:
        name: short.
        passed: whether it holds.
        detail: what was found, for a person.
        facts: the same in figures.
    """

    name: str
    passed: bool
    detail: str
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As printed with `--json`."""
        return {"name": self.name, "passed": self.passed, "detail": self.detail, **self.facts}


def check_manifest(folder: Path, name: str) -> Check:
    """The file is the one the manifest promises, by size and SHA-256."""
    try:
        manifest = Manifest.load(folder)
        manifest.verified_file(name)
    except ManifestError as error:
        return Check("manifest", passed=False, detail=str(error), facts={"model": name})
    digest = manifest.entry(name).sha256
    return Check(
        "manifest", passed=True, detail=f"SHA-256 {digest} as promised", facts={"sha256": digest}
    )


def check_integer(model: Path) -> Check:
    """Every operator reads and writes integers, and the network takes and gives uint8."""
    graph = read_graph(model)
    floats = sorted({operator.name for operator in graph.float_operators})
    runner = TfliteModel(model)
    bytes_at_ends = runner.input.dtype == np.uint8 and runner.output.dtype == np.uint8
    detail = (
        f"{len(graph.operators)} operators, all integer"
        if not floats
        else f"operators with floats: {', '.join(floats)}"
    )
    detail += f"; takes {runner.input.dtype}, gives {runner.output.dtype}"
    return Check(
        "integer",
        passed=not floats and bytes_at_ends,
        detail=detail,
        facts={"operators": len(graph.operators), "versions": graph.versions()},
    )


def check_runtimes(
    model: Path, images: NDArray[np.uint8], pythons: Sequence[Path]
) -> tuple[Check, tuple[RuntimeAnswer, ...]]:
    """The file gives the same stored values, ±1, in this Python's runtime and in the others'."""
    resolution = TfliteModel(model).input_size[0]
    faces = to_network_input(images, resolution)
    answers = tuple(run_in(python, model, faces) for python in (None, *pythons))
    first = answers[0].stored.astype(np.int64)
    largest = [int(np.abs(answer.stored.astype(np.int64) - first).max()) for answer in answers]
    latency = {
        answer.runtime: {"median_ms": round(answer.median_ms, 2), "p95_ms": round(answer.p95_ms, 2)}
        for answer in answers
    }
    timings = ", ".join(f"{a.runtime} {a.median_ms:.1f} ms a face" for a in answers)
    check = Check(
        "runtimes",
        passed=max(largest) <= _LARGEST_STEP,
        detail=f"{timings} (1 thread); largest difference {max(largest)} steps of 1/256 "
        f"on {len(faces)} faces",
        facts={"largest_difference": max(largest), "latency": latency, "faces": len(faces)},
    )
    return check, answers


def check_agreement(
    reference: Path, model: Path, images: NDArray[np.uint8], truth: NDArray[np.int64]
) -> Check:
    """The file loses at most `MAX_ACCURACY_LOSS` against the float network on the same faces."""
    exact = open_predictor(reference).probabilities(images)
    found = open_predictor(model).probabilities(images)
    agreement = float((exact.argmax(axis=1) == found.argmax(axis=1)).mean())
    before = float((exact.argmax(axis=1) == truth).mean())
    after = float((found.argmax(axis=1) == truth).mean())
    return Check(
        "agreement",
        passed=before - after <= MAX_ACCURACY_LOSS,
        detail=f"accuracy {before:.2%} in float, {after:.2%} in 8 bits; "
        f"{agreement:.2%} of the answers are the same on {len(truth)} faces",
        facts={
            "float_accuracy": round(before, 5),
            "integer_accuracy": round(after, 5),
            "loss": round(before - after, 5),
            "agreement": round(agreement, 5),
            "faces": len(truth),
        },
    )
