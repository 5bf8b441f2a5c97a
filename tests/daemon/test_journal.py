"""Log lines as the journal and as a person's terminal get them."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from device.config.log import LogSettings
from device.daemon.journal import configure_logging, journal_listens, priority


@pytest.fixture(autouse=True)
def restored_root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[TextIO]:
    with (tmp_path / "log").open("w+") as file:
        yield file


def journal_environment(stream: TextIO) -> dict[str, str]:
    status = os.fstat(stream.fileno())
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


def written(stream: TextIO) -> list[str]:
    stream.flush()
    stream.seek(0)
    return stream.read().splitlines()


def test_the_journal_gets_priorities_and_no_times(log_file: TextIO) -> None:
    configure_logging(LogSettings(level="debug"), log_file, journal_environment(log_file))
    logger = logging.getLogger("device.test")
    logger.debug("detail")
    logger.info("started")
    logger.warning("hot")
    logger.error("camera lost")
    logger.critical("over")
    assert written(log_file) == ["<7>detail", "<6>started", "<4>hot", "<3>camera lost", "<2>over"]


def test_every_line_of_a_traceback_has_its_priority(log_file: TextIO) -> None:
    configure_logging(LogSettings(), log_file, journal_environment(log_file))
    try:
        int("first\nsecond")
    except ValueError:
        logging.getLogger("device.test").exception("it failed")
    lines = written(log_file)
    assert len(lines) > 4
    assert all(line.startswith("<3>") for line in lines)


def test_a_person_gets_time_and_level(log_file: TextIO) -> None:
    configure_logging(LogSettings(), log_file, {})
    logging.getLogger("device.test").warning("hot")
    (line,) = written(log_file)
    assert line.endswith("WARNING hot")
    assert line[:4].isdigit()
    assert "\x1b" not in line


def test_output_put_before_the_journal_is_not_taken_for_it(log_file: TextIO) -> None:
    assert journal_listens(log_file, journal_environment(log_file))
    assert not journal_listens(log_file, {"JOURNAL_STREAM": "8:1"})
    assert not journal_listens(log_file, {})


def test_the_level_is_kept_to_and_setting_up_again_replaces(log_file: TextIO) -> None:
    configure_logging(LogSettings(level="debug"), log_file, {})
    configure_logging(LogSettings(level="warning"), log_file, {})
    logging.getLogger("device.test").info("not wanted")
    logging.getLogger("device.test").warning("wanted")
    assert len(written(log_file)) == 1


def test_libraries_do_not_chatter(log_file: TextIO) -> None:
    configure_logging(LogSettings(level="debug"), log_file, {})
    logging.getLogger("picamera2.request").info("a frame")
    assert written(log_file) == []


@pytest.mark.parametrize(("level", "expected"), [(10, 7), (15, 7), (20, 6), (35, 4), (50, 2)])
def test_levels_between_the_named_ones_round_down(level: int, expected: int) -> None:
    assert priority(level) == expected
