"""The model card of a smile network (after Mitchell et al., "Model Cards for Model Reporting")."""

from __future__ import annotations

from collections.abc import Sequence

from convert.faces.smile_classes import LABELS
from convert.quantization.ladder import LadderResult
from convert.smile.decision import Decision, Lift, Trade
from convert.smile.evaluation import SmileMeasurement, SmilingMeasurement
from convert.smile.group_figures import GroupFigures

_INTRODUCTION = """# {file}

Rates the smile of one face: none, mild, moderate or huge. EfficientNet-B0, all operators 8-bit
integer. Input 1×{side}×{side}×3 uint8, gray levels 0 to 255 repeated in three channels, the face
cut as `device.vision.crop` cuts it. Output 1×4 uint8, probability × 256, in the order
{labels}.

## Intended use
Choosing the moment and the frame to print, on the appliance itself, at parties and booths, with
people who know that a camera looks at them.

**Not for:** judging feelings, moods, sincerity, fitness or character of a person; work, school,
police or health decisions; identifying people; any decision about a person at all. A smile in a
picture is a shape of the face, not what somebody feels.

## Data
Trained on the Training split of FER+ (Microsoft's ten votes a face, MIT) over the pictures of
FER2013 (challenge data, for research): 48×48 gray faces collected from image searches. Classes
from the votes for happiness and surprise: none 0-3, mild 4-6, moderate 7-8, huge 9-10 of ten.
Warm start from EfficientNet-Lite0 (ImageNet). PublicTest was used to report, never to train or to
choose the rounding; how ready the answer is to be `mild`: see Decision.
"""

_LIMITS = """## Limits
- Ten voters disagree: even a perfect estimate of the votes reaches only about 89.5 % on the full
  split (87.7 % on the seed's subset). Mild and moderate lie between larger classes and are the
  least certain; surprise counts as smiling by definition of the classes.
- FER2013 says nothing of age, origin or glasses, so error by those is not known. Its faces are
  mostly frontal and well lit, and many are actors or celebrities: expect more errors on
  profiles, hands before the mouth, strong backlight, masks (a mask hides the mouth: the answer
  means nothing then), and small children.
- Gray only, and no sharper than 48×48 pixels were ever seen: detail beyond that is not used.
"""


def smile_card(
    file: str,
    side: int,
    measured: dict[str, SmileMeasurement],
    other_sets: dict[str, SmilingMeasurement],
    groups: dict[str, tuple[GroupFigures, ...]],
    result: LadderResult,
    decision: Decision,
    options: Sequence[Trade],
    choice: str = "",
) -> str:
    """The card as Markdown.

    Args:
        file: name of the `.tflite`.
        side: of its input, in pixels.
        measured: figures by set of faces with votes.
        other_sets: figures by set of faces known to smile or not.
        groups: by set, figures of parts of it by light and pose.
        result: how it was quantized.
        decision: what is folded into its last layer.
        options: the lifts that were tried.
        choice: a sentence on how the lift was chosen.
    """
    parts = [
        _INTRODUCTION.format(file=file, side=side, labels=", ".join(LABELS)),
        _figures(measured),
        _other_sets(other_sets),
        _groups(groups),
        _quantization(result),
        _decision(decision, options, choice),
        _LIMITS,
    ]
    return "\n".join(part for part in parts if part)


def _other_sets(other_sets: dict[str, SmilingMeasurement]) -> str:
    return "".join(
        f"Smiling or not, on {name} ({measured.faces:,} faces, never trained on): "
        + ", ".join(_cell(figure, measured) for figure in measured.figures)
        + ".\n"
        for name, measured in other_sets.items()
    )


def _groups(groups: dict[str, tuple[GroupFigures, ...]]) -> str:
    lines = ["## By light and pose", "Glasses, age and origin are labelled in none of these sets."]
    for name, parts in groups.items():
        lines += ["", f"| {name} | faces | |", "|---|---|---|"]
        lines += [
            f"| {part.name} | {part.faces:,} | "
            + ", ".join(_cell(figure, part) for figure in part.figures)
            + " |"
            for part in parts
        ]
    return "\n".join(lines) + "\n"


def _cell(figure: str, measured: SmilingMeasurement | GroupFigures) -> str:
    low, high = measured.intervals[figure]
    return f"{figure.replace('_', ' ')} {measured.figures[figure]:.3f} ({low:.3f}-{high:.3f})"


def _figures(measured: dict[str, SmileMeasurement]) -> str:
    lines = ["## Measured", "This file, in the runtime, one pass; 95 % bootstrap interval.", ""]
    names = list(measured)
    heads = [f"{name} ({measured[name].faces:,} faces)" for name in names]
    lines.append("| figure | " + " | ".join(heads) + " |")
    lines.append("|---|" + "---|" * len(names))
    for figure in next(iter(measured.values())).figures:
        cells = []
        for name in names:
            low, high = measured[name].intervals[figure]
            cells.append(f"{measured[name].figures[figure]:.3f} ({low:.3f}-{high:.3f})")
        lines.append(f"| {figure.replace('_', ' ')} | " + " | ".join(cells) + " |")
    first = measured[names[0]]
    lines += ["", f"Confusion on {names[0]} (rows: truth; columns: answer)", ""]
    lines.append("| | " + " | ".join(LABELS) + " |")
    lines.append("|---|" + "---|" * len(LABELS))
    for label, row in zip(LABELS, first.confusion.tolist(), strict=True):
        lines.append(f"| {label} | " + " | ".join(str(count) for count in row) + " |")
    return "\n".join(lines) + "\n"


def _quantization(result: LadderResult) -> str:
    lines = [
        "## Quantization",
        (
            f"Method: **{result.method.name}**: {result.method.description}. Chosen by the "
            "divergence from the float network on training faces that were not used for rounding "
            f"(accuracy of the float network there: {result.float_accuracy:.2%})."
        ),
        "",
        "| method | divergence (nats) | same answers | accuracy |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {rung.method} | {rung.divergence:.5f} | {rung.agreement:.2%} | {rung.accuracy:.2%} |"
        for rung in result.rungs
    ]
    return "\n".join(lines) + "\n"


def _decision(decision: Decision, options: Sequence[Trade], choice: str) -> str:
    lift = decision.lift
    lines = [
        "## Decision",
        (
            f"Logits divided by {decision.temperature:.3f}; {lift.mild:.1f} added to that of mild "
            f"and {lift.moderate:.1f} to that of moderate before the softmax (more finds more of "
            "them and costs accuracy)."
        ),
    ]
    if choice:
        lines += ["", choice]
    if options:
        lines += [
            "",
            "On held-out training faces:",
            "",
            "| lift of mild | of moderate | accuracy | macro-F1 | recall of mild | of moderate |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_trade(option) for option in options if _is_shown(option, lift)]
    return "\n".join(lines) + "\n"


def _is_shown(option: Trade, chosen: Lift) -> bool:
    """The chosen lift and those that lift both alike."""
    return option.lift == chosen or option.lift.mild == option.lift.moderate


def _trade(option: Trade) -> str:
    return (
        f"| {option.lift.mild:.1f} | {option.lift.moderate:.1f} | {option.accuracy:.2%} | "
        f"{option.macro_f1:.3f} | {option.recall_mild:.2f} | {option.recall_moderate:.2f} |"
    )
