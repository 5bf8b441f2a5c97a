"""Parses the command line, calls the task, prints its report, turns errors into exit codes."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from convert.errors import ConvertError

COMMANDS = {
    "prepare": "turn downloaded data into one prepared set",
    "train": "train the network",
    "quantize": "make the integer file the appliance loads, its manifest entry and model card",
    "evaluate": "measure a network on faces it was not trained on",
    "verify": "prove that the file that ships is as good as the network that was trained",
}
_TASKS = {"smile": "convert.smile", "eyes": "convert.eyes"}
_EPILOG = "exit codes: 0 done, 1 failed, 2 usage, 78 configuration"
_INTERRUPTED = 1


def build_parser(task: str) -> argparse.ArgumentParser:
    """The command line of one task; each task adds its own options to every command."""
    parser = argparse.ArgumentParser(
        prog="printability-convert",
        description="The workshop: trains, quantizes and proves the appliance's networks.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    module = import_module(_TASKS[task])
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=_EPILOG,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        command.add_argument(
            "--task", choices=tuple(_TASKS), default="smile", help="which network it is about"
        )
        command.add_argument("--json", action="store_true", help="print the report as JSON")
        module.add_arguments(name, command)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    Errors a person can mend end as one sentence on standard error, never as a traceback.
    """
    # TensorFlow tells of every library it did not find; errors reach us as exceptions anyway.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Which task it is decides which options exist, so it is read first.
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--task", choices=tuple(_TASKS), default="smile")
    task = first.parse_known_args(given)[0].task
    options = build_parser(task).parse_args(given)
    try:
        report = getattr(import_module(_TASKS[task]), options.command)(options)
    except ConvertError as error:
        report = getattr(error, "report", None)
        if report is not None:
            _print(report, as_json=options.json)
        print(f"printability-convert: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"printability-convert: {error}", file=sys.stderr)
        return ConvertError.exit_code
    except KeyboardInterrupt:
        print("interrupted; what was saved can be resumed", file=sys.stderr)
        return _INTERRUPTED
    _print(report, as_json=options.json)
    return 0


def _print(report: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({key: value for key, value in report.items() if key != "text"}, indent=2))
    elif "text" in report:
        print(report["text"])
    else:
        for name, value in report.items():
            print(f"{name}: {value}")
