"""The smile network: prepare, train, quantize, evaluate, verify."""

from __future__ import annotations

import argparse
from typing import Any

from convert.smile.arguments import add_arguments

__all__ = ["add_arguments", "evaluate", "prepare", "quantize", "train", "verify"]

# Each command is a module of its own, imported when it runs: only `train` and `quantize` need
# TensorFlow.


def prepare(options: argparse.Namespace) -> dict[str, Any]:
    """Make the prepared set."""
    from convert.smile.prepare_command import run

    return run(options)


def train(options: argparse.Namespace) -> dict[str, Any]:
    """Train the network."""
    from convert.smile.train_command import run

    return run(options)


def quantize(options: argparse.Namespace) -> dict[str, Any]:
    """Make the integer file, its manifest entry and model card."""
    from convert.smile.quantize_command import run

    return run(options)


def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """Measure a network."""
    from convert.smile.evaluate_command import run

    return run(options)


def verify(options: argparse.Namespace) -> dict[str, Any]:
    """Prove a file."""
    from convert.smile.verify_command import run

    return run(options)
