"""The options of each command for the eye networks."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from convert.eyes.training import LOCATOR_PLAN, STATE_PLAN

DEFAULT_DATA: Final = Path("../shared/data")
DEFAULT_PREPARED: Final = Path("build/eyes")
DEFAULT_RUN: Final = Path("build/eyes/run")
DEFAULT_MODELS: Final = Path("models")


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the options of `command` to its parser."""
    _OPTIONS[command](parser)


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of the data sets")


def _prepared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prepared", type=Path, default=DEFAULT_PREPARED, help="folder that `prepare` filled"
    )


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, default=DEFAULT_RUN, help="folder `train` wrote")


def _models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", type=Path, default=DEFAULT_MODELS, help="the models folder")


def _prepare(parser: argparse.ArgumentParser) -> None:
    _data(parser)
    parser.add_argument("--out", type=Path, default=DEFAULT_PREPARED, help="folder to fill")
    teacher = parser.add_mutually_exclusive_group(required=True)
    teacher.add_argument(
        "--teacher", type=Path, metavar="PYTHON", help="python of an environment with mediapipe"
    )
    teacher.add_argument(
        "--landmarks", type=Path, metavar="NPZ", help="labels the teacher made before"
    )


def _train(parser: argparse.ArgumentParser) -> None:
    _data(parser)
    _prepared(parser)
    parser.add_argument("--out", type=Path, default=DEFAULT_RUN, help="folder of this run")
    parser.add_argument("--locator-steps", type=int, default=LOCATOR_PLAN.steps, help="steps")
    parser.add_argument("--state-steps", type=int, default=STATE_PLAN.steps, help="steps")


def _quantize(parser: argparse.ArgumentParser) -> None:
    for add in (_data, _prepared, _run, _models):
        add(parser)


def _evaluate(parser: argparse.ArgumentParser) -> None:
    _data(parser)
    _models(parser)


_OPTIONS: Final[dict[str, Callable[[argparse.ArgumentParser], None]]] = {
    "prepare": _prepare,
    "train": _train,
    "quantize": _quantize,
    "evaluate": _evaluate,
    "verify": _quantize,
}
