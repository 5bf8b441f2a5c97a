"""Which photos the rules of the configuration let go: pure, so that no surprise hides here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from device.config.album import AlbumSettings

DAY_S: Final = 86_400.0
MEGABYTE: Final = 1_000_000
CLOCK_RIGHT_FROM_S: Final = 1_767_225_600.0
"""2026-01-01: this program is no older, so an earlier time means that the clock was not set."""


@dataclass(frozen=True, slots=True)
class StoredShot:
    """One shot with its runners-up: how many bytes, and when (seconds since 1970, UTC)."""

    shot_id: str
    bytes: int
    time_s: float


@dataclass(slots=True)
class _Left:
    shots: int
    bytes: int


def expired(
    oldest_first: Iterable[StoredShot],
    shots: int,
    total_bytes: int,
    settings: AlbumSettings,
    now_s: float,
) -> tuple[str, ...]:
    """The ids of the shots to delete, oldest first; the newest shot always stays.

    `shots` and `total_bytes` are the sums over all of `oldest_first`, which comes in the order of
    shooting and is read no further than needed.
    """
    left = _Left(shots, total_bytes)
    ages = _Ages(settings.keep_days, now_s)
    doomed: list[str] = []
    undated: list[StoredShot] = []
    for position, shot in enumerate(oldest_first, start=1):
        if position >= shots:
            break
        over = _over(left, settings)
        verdict = ages.is_expired(shot.time_s)
        if not over and verdict is None:
            undated.append(shot)
            continue
        if not over and not verdict:
            break
        # Older shots of unknown age are at least as old as this one.
        for gone in (*undated, shot):
            doomed.append(gone.shot_id)
            left.shots -= 1
            left.bytes -= gone.bytes
        undated.clear()
    return tuple(doomed)


def _over(left: _Left, settings: AlbumSettings) -> bool:
    too_many = 0 < settings.keep_photos < left.shots
    too_large = 0 < settings.keep_megabytes * MEGABYTE < left.bytes
    return too_many or too_large


class _Ages:
    """How old photos are when the clock cannot be trusted.

    A camera without a clock battery wakes up in the past, so a photo may carry a time long before
    it was taken, and must not be deleted for it.  It is no older than the photos numbered before
    it; a time before `CLOCK_RIGHT_FROM_S` or in the future says nothing.
    """

    def __init__(self, keep_days: float, now_s: float) -> None:
        self._now_s = now_s
        self._cutoff_s = now_s - keep_days * DAY_S if keep_days > 0 else None
        self._latest_s: float | None = None

    def is_expired(self, time_s: float) -> bool | None:
        """Whether the next photo is too old; None where nobody knows how old it is."""
        if self._cutoff_s is None:
            return False
        if CLOCK_RIGHT_FROM_S <= time_s <= self._now_s:
            self._latest_s = max(time_s, self._latest_s or time_s)
        return None if self._latest_s is None else self._latest_s < self._cutoff_s
