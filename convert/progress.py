"""Progress for the person who waits: lines on standard error, bars on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

_T = TypeVar("_T")


def progress(items: Iterable[_T], label: str, total: int | None = None) -> Iterator[_T]:
    """`items`, with a bar on standard error while they are gone through."""
    yield from tqdm(items, desc=label, total=total, disable=not sys.stderr.isatty(), leave=False)


def say(line: str) -> None:
    """A line about the work in progress, on standard error, above any bar."""
    tqdm.write(line, file=sys.stderr)
