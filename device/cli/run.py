"""`printability run`: the appliance itself."""

import argparse
import logging
import signal
import threading
from types import FrameType

from device.camera.frame import CameraError
from device.cli.exit_codes import CONFIGURATION, DONE, FAILED
from device.cli.options import add_config_options
from device.config.problems import ConfigurationError
from device.config.secret import SecretUnavailableError
from device.daemon.appliance import Appliance
from device.daemon.journal import configure_logging
from device.daemon.memory import give_memory_back
from device.daemon.settings import LiveSettings, load_with_saved
from device.daemon.systemd_notifier import SystemdNotifier

logger = logging.getLogger(__name__)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("run", help="run the appliance", description=__doc__)
    add_config_options(parser)
    parser.set_defaults(execute=execute)


def execute(parsed: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT, or until a replay ends; SIGHUP reads the configuration again."""
    config, saved = load_with_saved(parsed.config, parsed.overrides)
    configure_logging(config.log)
    give_memory_back()
    settings = LiveSettings(config, parsed.config, parsed.overrides, saved)
    appliance = Appliance(settings)
    reload_wanted = threading.Event()
    reloader = threading.Thread(
        target=_reload_when_wanted,
        args=(settings, appliance, reload_wanted),
        name="reload",
        daemon=True,
    )
    reloader.start()

    def stop(number: int, _frame: FrameType | None) -> None:
        logger.info("%s: stopping", signal.Signals(number).name)
        appliance.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, lambda *_: reload_wanted.set())
    try:
        appliance.run()
    except CameraError as error:
        logger.error("The camera is lost: %s", error)
        return FAILED
    except SecretUnavailableError as error:
        logger.error("A secret that the configuration names is not there: %s", error)
        return CONFIGURATION
    return DONE


def _reload_when_wanted(
    settings: LiveSettings, appliance: Appliance, wanted: threading.Event
) -> None:
    """Signal handlers must be short; the reading happens here."""
    notifier = SystemdNotifier()
    while True:
        wanted.wait()
        wanted.clear()
        # A reload before the first rated frame must not call the service ready.
        was_ready = appliance.service_status.ready
        if was_ready:
            notifier.reloading()
        try:
            need_restart = settings.reload()
        except ConfigurationError as error:
            logger.error("The new configuration is wrong; the old one stays in force:\n%s", error)
        else:
            logger.info("Configuration read again")
            if need_restart:
                logger.warning("These take effect after a restart: %s", ", ".join(need_restart))
        if was_ready:
            notifier.ready()
