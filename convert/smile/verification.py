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
_LARGEST_MEAN_STEPS = 4.0
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
    """The file means the same to this Python's runtime and to the others'.

    With reference kernels the stored values must be the same, ±1. The fast kernels round each
    of some 240 operators in their own way, so their values wander apart by more than that where
    a network is unsure; they must stay close on average, and the figures are reported.
    """
    resolution = TfliteModel(model).input_size[0]
    faces = to_network_input(images, resolution)
    answers = tuple(run_in(python, model, faces) for python in (None, *pythons))
    reference = max(_largest(answer.reference, answers[0].reference) for answer in answers)
    largest = max(_largest(answer.stored, answers[0].stored) for answer in answers)
    mean = max(_mean_difference(answer.stored, answers[0].stored) for answer in answers)
    same = min(_same_answers(answer.stored, answers[0].stored) for answer in answers)
    latency = {
        answer.runtime: {"median_ms": round(answer.median_ms, 2), "p95_ms": round(answer.p95_ms, 2)}
        for answer in answers
    }
    timings = ", ".join(f"{a.runtime} {a.median_ms:.1f} ms a face" for a in answers)
    detail = f"{timings} (1 thread)"
    if pythons:
        detail += (
            f"; reference kernels differ by at most {reference} steps of 1/256, fast kernels by "
            f"{mean:.2f} on average and {largest} at most, {same:.1%} same answers on "
            f"{len(faces)} faces"
        )
    check = Check(
        "runtimes",
        passed=reference <= _LARGEST_STEP and mean <= _LARGEST_MEAN_STEPS,
        detail=detail,
        facts={
            "largest_reference_difference": reference,
            "largest_difference": largest,
            "mean_difference": round(mean, 4),
            "same_answers": round(same, 4),
            "latency": latency,
            "faces": len(faces),
        },
    )
    return check, answers


def _largest(first: NDArray[Any], second: NDArray[Any]) -> int:
    return int(np.abs(first.astype(np.int64) - second.astype(np.int64)).max())


def _mean_difference(first: NDArray[Any], second: NDArray[Any]) -> float:
    return float(np.abs(first.astype(np.int64) - second.astype(np.int64)).mean())


def _same_answers(first: NDArray[Any], second: NDArray[Any]) -> float:
    return float((first.argmax(axis=1) == second.argmax(axis=1)).mean())


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
