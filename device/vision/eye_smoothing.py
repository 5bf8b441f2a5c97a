"""The eye state of one face over time: noise goes, blinks stay where they are.

A blink lasts 100 to 400 ms, three frames or more at 30 frames a second but perhaps a single one at
5, so nothing is averaged.  Instead:

- A face is compared with itself.  How sure the network is of open eyes differs from face to face
  (glasses, light, narrow eyes) but hardly within a second; a sudden fall below the face's usual
  evidence is a lid coming down, long before the eye would count as closed on its own.
- Closing is believed at once.  Opening, or not being judged, waits for the next frame where it is
  doubtful and frames come fast enough that the next is still the same blink.

A change is therefore late by one frame at most.
"""

from collections import deque
from math import log
from statistics import median
from typing import Final

from device.vision.rating import EyeReading

# Readings with a probability between these are doubtful.
DOUBT_FROM: Final = 0.3
DOUBT_TO: Final = 0.7
# Frames further apart than this are not asked to confirm one another: half the shortest blink.
MAX_GAP_S: Final = 0.05
# The usual evidence is the median log odds of open eyes over this time, from this many readings.
USUAL_OVER_S: Final = 4.0
USUAL_FROM: Final = 10
USUAL_READINGS: Final = 64
# Eyes are closing where the log odds are this far below the usual, and below this at all.
FALL: Final = 2.2
CERTAINLY_OPEN: Final = 3.5
EXTREME: Final = 1e-6


class EyeSmoother:
    """Smooths the readings of one tracked face.  Pure: time comes in with the reading."""

    def __init__(self) -> None:
        self._shown: EyeReading | None = None
        self._time_s = 0.0
        self._waiting = False
        self._evidence: deque[tuple[float, float]] = deque(maxlen=USUAL_READINGS)

    def update(self, time_s: float, reading: EyeReading) -> EyeReading:
        """Return what to show for the frame taken at `time_s` (seconds, any origin).

        The probability stays the frame's own, also where the state shown is another.
        """
        doubtful = _is_doubtful(reading)
        reading = self._compare_with_usual(time_s, reading)
        shown = self._shown
        gap_s = time_s - self._time_s
        self._time_s = time_s
        wait = (
            shown is not None
            and reading.state not in {shown.state, "closed"}
            and not self._waiting
            and 0 <= gap_s <= MAX_GAP_S
            and doubtful
        )
        self._waiting = wait
        if shown is not None and wait:
            return EyeReading(shown.state, shown.open, reading.probability)
        self._shown = reading
        return reading

    def _compare_with_usual(self, time_s: float, reading: EyeReading) -> EyeReading:
        if reading.probability is None:
            return reading
        while self._evidence and not 0 <= time_s - self._evidence[0][0] <= USUAL_OVER_S:
            self._evidence.popleft()
        evidence = _log_odds(reading.probability)
        usual = [value for _, value in self._evidence]
        self._evidence.append((time_s, evidence))
        both_open = reading.state == "open" and reading.open > 1
        if both_open and len(usual) >= USUAL_FROM:
            limit = min(CERTAINLY_OPEN, median(usual) - FALL)
            if evidence < limit:
                return EyeReading("closed", 0, reading.probability)
        return reading


def _log_odds(probability: float) -> float:
    inside = min(max(probability, EXTREME), 1 - EXTREME)
    return log(inside / (1 - inside))


def _is_doubtful(reading: EyeReading) -> bool:
    if reading.state == "unknown" or reading.probability is None:
        return True
    return DOUBT_FROM < reading.probability < DOUBT_TO
