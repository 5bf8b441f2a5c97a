"""`evaluate`: every figure of a network on faces it was not trained on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.faces.conditions import light_groups
from convert.faces.labelled_pictures import LabelledPictures, read_labelled_pictures
from convert.faces.prepared_set import Faces
from convert.smile.evaluation import (
    SmileMeasurement,
    SmilingMeasurement,
    measure_smiling,
    measure_votes,
)
from convert.smile.evaluation_picture import draw_evaluation
from convert.smile.group_figures import GroupFigures, figures_by_group
from convert.smile.predictor import Predictor, open_predictor

_SMILING_OR_NOT = ("not smiling", "smiling")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure on a prepared split (and the seed's subset of it), or on labelled pictures."""
    predictor = open_predictor(options.model, options.threads)
    if options.faces is not None:
        return _on_pictures(options, predictor)
    faces = Faces.load(options.set).of_split(options.split)
    probabilities = predictor.probabilities(faces.images)

    def measure(mask: NDArray[np.bool_]) -> SmileMeasurement:
        return measure_votes(probabilities[mask], faces.smile_votes[mask], rounds=options.rounds)

    full = measure_votes(probabilities, faces.smile_votes, rounds=options.rounds)
    subset = measure(faces.in_seed_subset)
    if options.picture is not None:
        title = f"{predictor.name} on {options.split}"
        draw_evaluation(options.picture, title, probabilities, faces.classes, faces.images)
    groups = figures_by_group(measure, light_groups(faces.images))
    return {
        "model": predictor.name,
        "split": options.split,
        "full": full.to_json(),
        "seed_subset": subset.to_json(),
        "groups": [group.to_json() for group in groups],
        "text": "\n".join(
            (
                f"{predictor.name} on {options.split}",
                _text("full split", full),
                _text("the seed's subset", subset),
                *(_text(group.name, group) for group in groups),
            )
        ),
    }


def _on_pictures(options: argparse.Namespace, predictor: Predictor) -> dict[str, Any]:
    pictures = read_labelled_pictures(options.faces)
    probabilities = predictor.probabilities(pictures.as_array)
    smiling = measure_smiling(probabilities, pictures.smiling, rounds=options.rounds)
    groups = figures_by_group(
        lambda mask: measure_smiling(
            probabilities[mask], pictures.smiling[mask], rounds=options.rounds
        ),
        pictures.conditions,
    )
    lines = [f"{predictor.name} on {options.faces}", _text("smiling or not", smiling)]
    report: dict[str, Any] = {
        "model": predictor.name,
        "faces": str(options.faces),
        "smiling": smiling.to_json(),
        "groups": [group.to_json() for group in groups],
        "text": "\n".join((*lines, *(_text(group.name, group) for group in groups))),
    }
    if pictures.classes is not None:
        # Without votes, the class stands for the middle of its bin.
        votes = np.array([1, 5, 8, 10])[pictures.classes]
        measured = measure_votes(probabilities, votes, rounds=options.rounds)
        report["full"] = measured.to_json()
        report["text"] += "\n" + _text("four classes", measured)
    if options.picture is not None:
        _draw_pictures(options.picture, lines[0], probabilities, pictures)
    return report


def _draw_pictures(
    file: Path, title: str, probabilities: NDArray[np.float64], pictures: LabelledPictures
) -> None:
    if pictures.classes is not None:
        draw_evaluation(file, title, probabilities, pictures.classes, pictures.images)
        return
    none = probabilities[:, :1]
    draw_evaluation(
        file,
        title,
        np.hstack([none, 1 - none]),
        pictures.smiling.astype(np.int64),
        pictures.images,
        _SMILING_OR_NOT,
    )


def _text(title: str, measured: SmileMeasurement | SmilingMeasurement | GroupFigures) -> str:
    lines = [f"  {title}: {measured.faces} faces"]
    for name, value in measured.figures.items():
        low, high = measured.intervals[name]
        lines.append(f"    {name:28} {value:.4f}  (95 %: {low:.4f} to {high:.4f})")
    return "\n".join(lines)
