"""`quantize`: the integer file the appliance loads, its manifest entry and its model card."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.conditions import light_groups
from convert.faces.hold_out import hold_out
from convert.faces.labelled_pictures import read_labelled_pictures
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
from convert.smile.decision import Decision, Trade
from convert.smile.decision_wishes import DecisionWishes
from convert.smile.evaluation import (
    SmileMeasurement,
    SmilingMeasurement,
    measure_smiling,
    measure_votes,
)
from convert.smile.group_figures import GroupFigures, figures_by_group
from convert.smile.model_card import smile_card


@dataclass(frozen=True)
class ChoosingFaces:
    """Training faces to round with, and others to choose by.

    Attributes:
        representative: (n, r, r, 3) uint8.
        held_out: (m, r, r, 3) uint8, from the slice that `train` keeps apart.
        truth: (m,) classes of `held_out`.
    """

    representative: NDArray[np.uint8]
    held_out: NDArray[np.uint8]
    truth: NDArray[np.int64]


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Fold, decide, climb the ladder, ship."""
    wishes = DecisionWishes.of(options)
    faces = Faces.load(options.set)
    network = open_network(options.model, options.resolution)
    if network is None:
        made = _quantize_other(faces, wishes, options)
    else:
        check_resolution(network)
        made = _quantize_b0(network, faces, wishes, options)
    return _ship(made, faces, options)


@dataclass(frozen=True)
class _Made:
    """A quantized network, the same in float, and how it was decided and made."""

    side: int
    float_model: bytes
    result: LadderResult
    decision: Decision
    options_tried: tuple[Trade, ...]
    how_decided: str


def _quantize_b0(
    network: FoldedNetwork, faces: Faces, wishes: DecisionWishes, options: argparse.Namespace
) -> _Made:
    chosen = _choose_faces(faces, network.resolution, options)
    decision, tried = wishes.decide(lambda: _logits(network, chosen.held_out), chosen.truth)
    network = replace(network, head=(*network.head[:-1], decision.folded_into(network.head[-1])))
    methods = methods_named([name for name in options.methods.split(",") if name])
    result = climb(
        network, chosen.representative, chosen.held_out, chosen.truth, methods, report_rung
    )
    float_model = to_float_tflite(network)
    return _Made(network.resolution, float_model, result, decision, tried, wishes.told())


def _quantize_other(faces: Faces, wishes: DecisionWishes, options: argparse.Namespace) -> _Made:
    if not wishes.are_none:
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
    return _Made(side, float_model, result, Decision(), (), "")


def _ship(made: _Made, faces: Faces, options: argparse.Namespace) -> dict[str, Any]:
    side, result, decision = made.side, made.result, made.decision
    measured = _measure(result.model, faces, side, options.also)
    file = options.file or f"smile_efficientnetb0_{side}_int8.tflite"
    card = Path(file).with_suffix(".md").name
    facts = _entry(options, side, card, measured, result, decision)
    target = ship_model(options.models, options.name, file, result.model, facts)
    float_file = options.float_folder / file.replace("_int8", "_float")
    float_file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(float_file, made.float_model)
    text = smile_card(
        file,
        side,
        measured.sets,
        measured.other_sets,
        measured.groups,
        result,
        decision,
        made.options_tried,
        made.how_decided,
    )
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
        "measured": {key: value.to_json() for key, value in measured.sets.items()},
        "text": _text(target, result, measured.sets),
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
    )


def _logits(network: FoldedNetwork, inputs: NDArray[np.uint8]) -> NDArray[np.float64]:
    probabilities = run_model(to_float_tflite(network), inputs)
    return np.log(np.maximum(probabilities.astype(np.float64), 1e-9))


@dataclass(frozen=True)
class _Measured:
    """What the shipped file does on faces it was not made from."""

    sets: dict[str, SmileMeasurement]
    other_sets: dict[str, SmilingMeasurement]
    groups: dict[str, tuple[GroupFigures, ...]]


def _measure(model: bytes, faces: Faces, side: int, also: Sequence[Path]) -> _Measured:
    public = faces.of_split("PublicTest")
    found, votes = _answers(model, public.images, side), public.smile_votes
    kept = public.in_seed_subset
    sets = {
        "PublicTest": measure_votes(found, votes),
        "PublicTest, seed's subset": measure_votes(found[kept], votes[kept]),
    }
    measured = _Measured(sets, {}, {})
    measured.groups["PublicTest"] = figures_by_group(
        lambda mask: measure_votes(found[mask], votes[mask]), light_groups(public.images)
    )
    for source in also:
        _measure_pictures(model, side, source, measured)
    return measured


def _measure_pictures(model: bytes, side: int, source: Path, measured: _Measured) -> None:
    pictures = read_labelled_pictures(source)
    answers, smiling = _answers(model, pictures.as_array, side), pictures.smiling
    measured.other_sets[source.name] = measure_smiling(answers, smiling)
    measured.groups[source.name] = figures_by_group(
        lambda mask: measure_smiling(answers[mask], smiling[mask]), pictures.conditions
    )


def _answers(model: bytes, images: NDArray[Any], side: int) -> NDArray[np.float64]:
    """(n, 4) probabilities of a `.tflite` for gray faces of any size."""
    found = run_model(model, to_network_input(images, side)).astype(np.float64)
    found /= np.maximum(found.sum(axis=1, keepdims=True), 1e-9)
    return found


def _entry(
    options: argparse.Namespace,
    side: int,
    card: str,
    measured: _Measured,
    result: LadderResult,
    decision: Decision,
) -> dict[str, Any]:
    full, subset = measured.sets.values()
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
            **{
                f"smiling_auc_{name.removesuffix('.tar')}": round(one.figures["smiling_auc"], 4)
                for name, one in measured.other_sets.items()
            },
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
