"""How log lines look: with priorities for systemd's journal, with times for a person's terminal.

Source of the '<N>' prefixes: sd-daemon(3); of `$JOURNAL_STREAM`: systemd.exec(5).
"""

import logging
import os
import sys
from collections.abc import Mapping
from typing import Final, TextIO

from device.config.log import LogSettings

# syslog(3) priorities.
PRIORITIES: Final = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
)
DEBUG_PRIORITY: Final = 7

# Libraries that say in `info` what only their authors want to know.
CHATTY_LOGGERS: Final = ("picamera2", "PIL", "asyncio", "urllib3", "watchfiles", "httpx")


class JournalFormatter(logging.Formatter):
    """One record as the journal wants it: '<N>' before every line, no time (the journal's own).

    The journal splits at line breaks, so each line of a traceback carries the record's priority.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's text."""
        prefix = f"<{priority(record.levelno)}>"
        return "\n".join(prefix + line for line in super().format(record).split("\n"))


def priority(level: int) -> int:
    """The syslog priority of a logging level, 2 (critical) to 7 (debug)."""
    return next((number for least, number in PRIORITIES if level >= least), DEBUG_PRIORITY)


def journal_listens(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether `stream` goes straight to the journal, and not to a pipe or file put before it."""
    named = environment.get("JOURNAL_STREAM", "")
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{status.st_dev}:{status.st_ino}"


def configure_logging(
    settings: LogSettings,
    stream: TextIO | None = None,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Send the log to `stream` (default: standard error), plain text without colours.

    Calling it again replaces what was set before.
    """
    target = stream if stream is not None else sys.stderr
    handler = logging.StreamHandler(target)
    if journal_listens(target, environment):
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.level.upper())
    for name in CHATTY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
