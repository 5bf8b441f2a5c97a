"""Options that several commands share."""

import argparse
from pathlib import Path

from device.config.appliance import ApplianceConfig
from device.config.loading import load_config


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add `--config` and `--set`."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration file (default: all defaults)"
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="change one setting, e.g. --set shutter.threshold=0.7; may be given often",
    )


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def config_of(parsed: argparse.Namespace) -> ApplianceConfig:
    """The configuration that the options name.

    Raises:
        ConfigurationError: it is wrong.
    """
    return load_config(parsed.config, parsed.overrides)
