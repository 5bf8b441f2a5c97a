"""`printability mqtt watch|forget`: look at a camera's topics, or clear its retained messages."""

import argparse
import contextlib
import sys

from device.cli.exit_codes import DONE
from device.cli.options import add_config_options, config_of


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("mqtt", help="watch or forget a camera", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    watch = actions.add_parser("watch", help="print the camera's messages as they come")
    add_config_options(watch)
    watch.set_defaults(execute=execute_watch)
    forget = actions.add_parser(
        "forget", help="clear the camera's retained messages and remove it from Home Assistant"
    )
    add_config_options(forget)
    forget.set_defaults(execute=execute_forget)


def execute_watch(parsed: argparse.Namespace) -> int:
    """Print until interrupted."""
    from device.mqtt.watch import watch

    config = config_of(parsed)
    with contextlib.suppress(KeyboardInterrupt):
        watch(config.mqtt, config.device, sys.stdout)
    return DONE


def execute_forget(parsed: argparse.Namespace) -> int:
    """Clear what the broker retains."""
    from device.mqtt.forget import forget

    config = config_of(parsed)
    forget(config.mqtt, config.device)
    print(f"{config.mqtt.base_topic}/{config.device.id}: retained messages cleared")
    return DONE
