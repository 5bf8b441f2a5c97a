"""Parsing of the command line, and what becomes of errors that reach the top."""

import argparse
import sys
from collections.abc import Sequence

from device import __version__
from device.camera.frame import CameraError
from device.cli import bench, check, models, mqtt, rate, replay, run
from device.cli.exit_codes import CONFIGURATION, FAILED
from device.config.problems import ConfigurationError
from device.vision.manifest import ManifestError
from device.vision.tflite import ModelError

EPILOG = """exit codes: 0 done, 1 failed, 2 usage, 78 configuration"""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="printability",
        description="Takes the photo worth printing: faces, smiles, open eyes, one score.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (run, rate, replay, check, bench, models, mqtt):
        command.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    Errors a person can mend end as one sentence on standard error, never as a traceback.
    """
    parsed = build_parser().parse_args(arguments)
    try:
        return int(parsed.execute(parsed))
    except ConfigurationError as error:
        for problem in error.problems:
            print(f"configuration: {problem}", file=sys.stderr)
        return CONFIGURATION
    except (CameraError, ManifestError, ModelError, OSError) as error:
        print(f"printability: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return FAILED
