"""Reads the two official files, `fer2013.csv` (pixels) and `fer2013new.csv` (votes).

Row k of one belongs to row k of the other. An empty image name means the row has no face; empty
pixels mean that the row's picture is not at hand (only the labels are).
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.smile_classes import EMOTIONS, VOTERS

SIDE = 48
SPLITS = ("Training", "PublicTest", "PrivateTest")
_PIXELS = SIDE * SIDE


@dataclass(frozen=True)
class VoteRow:
    """One row of `fer2013new.csv`: its line in the file, split, image name and ten vote counts."""

    line: int
    usage: str
    name: str
    votes: tuple[int, ...]


@dataclass(frozen=True)
class PixelRow:
    """One row of `fer2013.csv`: its line, split and (48, 48) uint8 gray picture, if there."""

    line: int
    usage: str
    picture: NDArray[np.uint8] | None


def read_votes(path: Path) -> Iterator[VoteRow]:
    """The rows of `fer2013new.csv`.

    Raises:
        ConfigurationError: the file is missing, a column is, or a row is malformed; the message
            names the file and its line.
    """
    with _rows(path, ("Usage", "Image name", *EMOTIONS)) as reader:
        for row in reader:
            line = reader.line_num
            _check_usage(path, line, row["Usage"])
            votes = tuple(_vote(path, line, name, row[name]) for name in EMOTIONS)
            if sum(votes) == 0 and row["Image name"]:
                raise ConfigurationError(f"{path}, line {line}: the face has no votes at all")
            yield VoteRow(line, row["Usage"], row["Image name"].strip(), votes)


def read_pixels(path: Path) -> Iterator[PixelRow]:
    """The rows of `fer2013.csv`.

    Raises:
        ConfigurationError: as `read_votes`.
    """
    with _rows(path, ("emotion", "pixels", "Usage")) as reader:
        for row in reader:
            line = reader.line_num
            _check_usage(path, line, row["Usage"])
            yield PixelRow(line, row["Usage"], _picture(path, line, row["pixels"]))


@contextmanager
def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[csv.DictReader[str]]:
    csv.field_size_limit(min(sys.maxsize, 1 << 24))
    try:
        stream = path.open(newline="", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from error
    with stream:
        reader = csv.DictReader(stream, strict=True, restval="", restkey="surplus")
        try:
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise ConfigurationError(
                    f"{path} lacks the column {', '.join(missing)}; it has: "
                    f"{', '.join(reader.fieldnames or ()) or 'no header'}"
                )
            yield reader
        except (csv.Error, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}, line {reader.line_num}: {error}") from error


def _check_usage(path: Path, line: int, usage: str) -> None:
    if usage not in SPLITS:
        raise ConfigurationError(
            f"{path}, line {line}: Usage is {usage!r}; it must be one of {', '.join(SPLITS)}"
        )


def _vote(path: Path, line: int, column: str, text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = -1
    if not 0 <= count <= VOTERS:
        raise ConfigurationError(
            f"{path}, line {line}: {column} is {text!r}; "
            f"a whole number of votes from 0 to {VOTERS} is expected"
        )
    return count


def _picture(path: Path, line: int, text: str) -> NDArray[np.uint8] | None:
    if not text.strip():
        return None
    try:
        values = np.array(text.split(), np.int64)
    except ValueError:
        raise ConfigurationError(f"{path}, line {line}: pixels are not whole numbers") from None
    if len(values) != _PIXELS:
        raise ConfigurationError(
            f"{path}, line {line}: {len(values)} pixels; {_PIXELS} ({SIDE}×{SIDE}) are expected"
        )
    if values.min() < 0 or values.max() > 255:
        raise ConfigurationError(
            f"{path}, line {line}: a pixel is {values.min() if values.min() < 0 else values.max()}"
            "; 0 to 255 is expected"
        )
    return values.astype(np.uint8).reshape(SIDE, SIDE)
