"""Cooldown, re-arming and the hourly limit: whether a new moment may begin at all."""

from collections import deque
from typing import Final

from device.config.shutter import ShutterSettings
from device.shutter.gates import Lack

HOUR_S: Final = 3600.0
MOST_SHOTS_PER_HOUR: Final = 3600
"""The largest value `max_shots_per_hour` accepts; bounds what is remembered."""


class Readiness:
    """Keeps one smile from being photographed again and again."""

    def __init__(self) -> None:
        self._last_shot_s: float | None = None
        self._fallen_since_s: float | None = None
        self._must_fall = False
        self._automatic_shots_s: deque[float] = deque(maxlen=MOST_SHOTS_PER_HOUR)

    def shot_taken(self, time_s: float, *, automatic: bool) -> None:
        """A moment ended with a shot at `time_s`."""
        self._last_shot_s = time_s
        self._must_fall = True
        self._fallen_since_s = None
        if automatic:
            self._automatic_shots_s.append(time_s)

    def interrupted(self) -> None:
        """Frames were missing: nobody knows whether the score stayed down."""
        self._fallen_since_s = None

    def watch(self, time_s: float, settings: ShutterSettings, *, fallen: bool) -> None:
        """Follow the score; a fall that lasts `rearm_s` re-arms.

        One frame in which the detector lost the face is no fall: a poster would be photographed
        once per cooldown.
        """
        if not fallen:
            self._fallen_since_s = None
            return
        if self._fallen_since_s is None:
            self._fallen_since_s = time_s
        if time_s - self._fallen_since_s >= settings.rearm_s:
            self._must_fall = False

    def lack(self, time_s: float, settings: ShutterSettings) -> Lack | None:
        """Why no moment may begin now, or None where it may."""
        return (
            self._cooling(time_s, settings)
            or self._over_limit(time_s, settings)
            or self._not_rearmed(settings)
        )

    def _cooling(self, time_s: float, settings: ShutterSettings) -> Lack | None:
        if self._last_shot_s is None:
            return None
        left_s = self._last_shot_s + settings.cooldown_s - time_s
        return Lack("cooldown", f"cooling down for another {left_s:.1f} s") if left_s > 0 else None

    def _over_limit(self, time_s: float, settings: ShutterSettings) -> Lack | None:
        shots = self._automatic_shots_s
        while shots and shots[0] <= time_s - HOUR_S:
            shots.popleft()
        limit = settings.max_shots_per_hour
        if len(shots) < limit:
            return None
        left_s = shots[len(shots) - limit] + HOUR_S - time_s
        return Lack(
            "cooldown",
            f"the limit of automatic shots per hour ({limit}) is reached; "
            f"the next in {left_s:.0f} s",
        )

    def _not_rearmed(self, settings: ShutterSettings) -> Lack | None:
        if settings.rearm == "time" or not self._must_fall:
            return None
        release = settings.threshold - settings.hysteresis
        return Lack(
            "cooldown",
            f"not re-armed: since the last shot the score has not stayed below {release:.2f} "
            f"for {settings.rearm_s:g} s",
        )
