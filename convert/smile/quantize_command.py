"""`quantize`: the integer file the appliance loads, its manifest entry and its model card."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.hold_out import hold_out
from convert.faces.network_input import to_network_input
from convert.faces.prepared_set import Faces
from convert.faces.smile_classes import LABELS
from convert.progress import say
from convert.quantization.float_graph import to_float_tflite
from convert.quantization.folded_network import FoldedNetwork
from convert.quantization.ladder import (
    LadderResult,
    Rung,
    climb,
    input_side,
    methods_named,
    run_model,
)
from convert.quantization.source import check_resolution, open_network
from convert.shipping import ship_model, write_whole
from convert.smile.decision import (
    Decision,
    Lift,
    Trade,
    choose_lift,
    fit_temperature,
    trades,
)
from convert.smile.evaluation import SmileMeasurement, measure_votes
from convert.smile.model_card import smile_card
from convert.smile.vote_targets import class_likelihoods

_AUTO = "auto"


@dataclass(frozen=True)
class ChoosingFaces:
    """Training faces to round with, and others to choose by.

    Attributes:
        representative: (n, r, r, 3) uint8.
        held_out: (m, r, r, 3) uint8, from the slice that `train` keeps apart.
        truth: (m,) classes of `held_out`.
        likelihoods: (m, 4) how likely ten other people would put each of `held_out` where.
    """

    representative: NDArray[np.uint8]
    held_out: NDArray[np.uint8]
    truth: NDArray[np.int64]
    likelihoods: NDArray[np.float64]


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Fold, decide, climb the ladder, ship."""
    faces = Faces.load(options.set)
    network = open_network(options.model, options.resolution)
    if network is None:
        made = _quantize_other(faces, options)
    else:
        check_resolution(network)
        made = _quantize_b0(network, faces, options)
    return _ship(made, faces, options)


@dataclass(frozen=True)
class _Made:
    """A quantized network, the same in float, and how it was decided and made."""

    side: int
    float_model: bytes
    result: LadderResult
    decision: Decision
    options_tried: tuple[Trade, ...]


def _quantize_b0(network: FoldedNetwork, faces: Faces, options: argparse.Namespace) -> _Made:
    chosen = _choose_faces(faces, network.resolution, options)
    decision, tried = _decide(network, chosen, options)
    network = replace(network, head=(*network.head[:-1], decision.folded_into(network.head[-1])))
    methods = methods_named([name for name in options.methods.split(",") if name])
    result = climb(
        network, chosen.representative, chosen.held_out, chosen.truth, methods, report_rung
    )
    return _Made(network.resolution, to_float_tflite(network), result, decision, tried)


def _quantize_other(faces: Faces, options: argparse.Namespace) -> _Made:
    if options.lift != "0,0" or options.temperature != "1":
        raise ConfigurationError(
            f"{options.model} is no EfficientNet-B0: --lift and --temperature work only there"
        )
    from convert.quantization.generic import quantize_any, to_float_tflite_of_keras

    float_model = to_float_tflite_of_keras(options.model)
    side = input_side(float_model)
    chosen = _choose_faces(faces, side, options)
    result = quantize_any(
        float_model, chosen.representative, chosen.held_out, chosen.truth, report_rung
    )
    return _Made(side, float_model, result, Decision(), ())


def _ship(made: _Made, faces: Faces, options: argparse.Namespace) -> dict[str, Any]:
    side, result, decision = made.side, made.result, made.decision
    measured = _measure(result.model, faces, side)
    file = options.file or f"smile_efficientnetb0_{side}_int8.tflite"
    card = Path(file).with_suffix(".md").name
    facts = _entry(options, side, card, measured, result, decision)
    target = ship_model(options.models, options.name, file, result.model, facts)
    float_file = options.float_folder / file.replace("_int8", "_float")
    float_file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(float_file, made.float_model)
    text = smile_card(file, side, measured, result, decision, made.options_tried)
    write_whole(options.models / card, text.encode())
    return {
        "file": str(target),
        "float_file": str(float_file),
        "card": str(options.models / card),
        "method": result.method.name,
        "ladder": [rung.to_json() for rung in result.rungs],
        "float_accuracy_held_out": round(result.float_accuracy, 5),
        "temperature": decision.temperature,
        "lift": asdict(decision.lift),
        "measured": {key: value.to_json() for key, value in measured.items()},
        "text": _text(target, result, measured),
    }


def _choose_faces(faces: Faces, side: int, options: argparse.Namespace) -> ChoosingFaces:
    training = faces.of_split("Training")
    generator = np.random.default_rng(options.seed)
    apart = hold_out(len(training))
    held = generator.permutation(np.flatnonzero(apart))[: options.held_out]
    rest = generator.permutation(np.flatnonzero(~apart))[: options.representative]
    if len(held) < 1 or len(rest) < 1:
        raise ConfigurationError(f"{options.set} has too few Training faces to round with")
    return ChoosingFaces(
        to_network_input(training.images[rest], side),
        to_network_input(training.images[held], side),
        training.classes[held],
        class_likelihoods(training.smile_votes[held], training.smile_votes),
    )


def _decide(
    network: FoldedNetwork, chosen: ChoosingFaces, options: argparse.Namespace
) -> tuple[Decision, tuple[Trade, ...]]:
    temperature, lift = _temperature(options.temperature), _lift(options.lift)
    least = _pair("--least-recall", options.least_recall)
    if temperature is not None and lift is not None:
        return Decision(temperature, lift), ()
    probabilities = run_model(to_float_tflite(network), chosen.held_out)
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-9))
    if temperature is None:
        temperature = fit_temperature(logits, chosen.truth)
    tried = trades(logits / temperature, chosen.likelihoods)
    if lift is None:
        lift = choose_lift(tried, options.accuracy_price, least)
    return Decision(temperature, lift), tried


def _temperature(text: str) -> float | None:
    if text == _AUTO:
        return None
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"--temperature {text!r} is neither a number nor `auto`") from None


def _lift(text: str) -> Lift | None:
    return None if text == _AUTO else Lift(*_pair("--lift", text))


def _pair(option: str, text: str) -> tuple[float, float]:
    try:
        mild, moderate = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigurationError(
            f"{option} is {text!r}; two numbers are expected, for mild and moderate: 0.6,0.7"
        ) from None
    return mild, moderate


def _measure(model: bytes, faces: Faces, side: int) -> dict[str, SmileMeasurement]:
    public = faces.of_split("PublicTest")
    found = run_model(model, to_network_input(public.images, side)).astype(np.float64)
    found /= np.maximum(found.sum(axis=1, keepdims=True), 1e-9)
    kept = public.in_seed_subset
    return {
        "PublicTest": measure_votes(found, public.smile_votes),
        "PublicTest, seed's subset": measure_votes(found[kept], public.smile_votes[kept]),
    }


def _entry(
    options: argparse.Namespace,
    side: int,
    card: str,
    measured: dict[str, SmileMeasurement],
    result: LadderResult,
    decision: Decision,
) -> dict[str, Any]:
    full, subset = measured.values()
    figures = {name: round(value, 4) for name, value in full.figures.items()}
    return {
        "source": options.source
        or "trained with `printability-convert train` on FER+ Training, quantized with "
        f"`printability-convert quantize` from {options.model.name}",
        "licence": "MIT; trained on FER2013 pictures (research) with FER+ labels (MIT)",
        "task": "smile",
        "input": {
            "width": side,
            "height": side,
            "channels": 3,
            "colour": "gray, repeated in each channel",
            "range": "0..255",
        },
        "labels": list(LABELS),
        "measured": {
            "data": "FER+ PublicTest, this file, one pass",
            **figures,
            "accuracy_seed_subset": round(subset.figures["accuracy"], 4),
        },
        "quantization": {
            "method": result.method.name,
            "temperature": round(decision.temperature, 4),
            "lift": asdict(decision.lift),
        },
        "card": card,
    }


def report_rung(rung: Rung) -> None:
    """Tell the person who waits how a method did."""
    say(
        f"{rung.method}: divergence {rung.divergence:.5f}, same answers {rung.agreement:.2%}, "
        f"accuracy {rung.accuracy:.2%}",
    )


def _text(target: Path, result: LadderResult, measured: dict[str, SmileMeasurement]) -> str:
    lines = [f"{target}: {result.method.name} ({result.method.description})"]
    lines.append(f"float network on the held-out training faces: {result.float_accuracy:.2%}")
    for title, one in measured.items():
        figures = ", ".join(f"{name} {value:.4f}" for name, value in one.figures.items())
        lines.append(f"{title} ({one.faces} faces): {figures}")
    return "\n".join(lines)
