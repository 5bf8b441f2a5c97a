"""The eye networks, from pictures to 8-bit files: `--task eyes` of the workshop's commands.

`prepare` gathers faces and the teacher's labels, `train` makes both networks, `quantize` the files
the appliance loads, `evaluate` measures them with the appliance's own code, `verify` proves the
8-bit files against the trained networks.  The steps themselves are in `convert.eyes.workflow`.
"""

import argparse
from dataclasses import replace
from typing import Any

from convert.eyes.arguments import add_arguments

__all__ = ["add_arguments", "evaluate", "prepare", "quantize", "train", "verify"]


def prepare(options: argparse.Namespace) -> dict[str, Any]:
    """Gather the faces and their eye positions."""
    from convert.eyes import workflow

    return workflow.prepare(
        options.data, options.out, landmarks=options.landmarks, teacher=options.teacher
    )


def train(options: argparse.Namespace) -> dict[str, Any]:
    """Train both networks."""
    from convert.eyes import workflow
    from convert.eyes.training import LOCATOR_PLAN, STATE_PLAN

    return workflow.train(
        options.data,
        options.prepared,
        options.out,
        locator_plan=replace(LOCATOR_PLAN, steps=options.locator_steps),
        state_plan=replace(STATE_PLAN, steps=options.state_steps),
    )


def quantize(options: argparse.Namespace) -> dict[str, Any]:
    """Make the 8-bit files and note them in the manifest."""
    from convert.eyes import workflow

    return workflow.quantize(options.data, options.prepared, options.run, options.models)


def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the eyes as the appliance reads them."""
    from convert.eyes import workflow

    return workflow.evaluate(options.data, options.models)


def verify(options: argparse.Namespace) -> dict[str, Any]:
    """Prove the 8-bit files."""
    from convert.eyes import workflow

    return workflow.verify(options.data, options.prepared, options.run, options.models)
