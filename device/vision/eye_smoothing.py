"""The eye state of one face over time: noise goes, blinks stay where they are.

A blink lasts 100 to 400 ms, three frames or more at 30 frames a second but perhaps a single one at
5.  So nothing is averaged: a clear reading is believed at once, and only a doubtful change waits
for the next frame to confirm it, and only where frames come fast enough that this next frame is
still the same blink.  A change is therefore never early, and late by one frame at most.
"""

from typing import Final

from device.vision.rating import EyeReading

# Readings with a probability between these are doubtful.
DOUBT_FROM: Final = 0.3
DOUBT_TO: Final = 0.7
# Frames further apart than this are not asked to confirm one another: half the shortest blink.
MAX_GAP_S: Final = 0.05


class EyeSmoother:
    """Smooths the readings of one tracked face.  Pure: time comes in with the reading."""

    def __init__(self) -> None:
        self._shown: EyeReading | None = None
        self._time_s = 0.0
        self._waiting = False

    def update(self, time_s: float, reading: EyeReading) -> EyeReading:
        """Return what to show for the frame taken at `time_s` (seconds, any origin)."""
        shown = self._shown
        gap_s = time_s - self._time_s
        self._time_s = time_s
        wait = (
            shown is not None
            and shown.state != reading.state
            and not self._waiting
            and 0 <= gap_s <= MAX_GAP_S
            and _is_doubtful(reading)
        )
        self._waiting = wait
        if shown is not None and wait:
            return EyeReading(shown.state, shown.open, reading.probability)
        self._shown = reading
        return reading


def _is_doubtful(reading: EyeReading) -> bool:
    if reading.state == "unknown" or reading.probability is None:
        return True
    return DOUBT_FROM < reading.probability < DOUBT_TO
