"""How many frames a second are rated, and how long one takes."""

from collections import deque
from typing import Final

WINDOW_S: Final = 5.0
MAX_SAMPLES: Final = 1000


class FrameRateMeter:
    """Frames per second and milliseconds per frame over the last five seconds.

    Times are seconds of a clock that never jumps.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=MAX_SAMPLES)

    def add(self, now_s: float, took_s: float) -> None:
        """Note a frame whose rating was finished at `now_s` and took `took_s`."""
        self._samples.append((now_s, took_s))

    def per_second(self, now_s: float) -> float:
        """Frames a second; 0 when none came lately."""
        recent = [at for at, _ in self._samples if now_s - at <= WINDOW_S]
        if len(recent) < 2:
            return 0.0
        span_s = max(now_s - recent[0], 1e-6)
        return (len(recent) - 1) / span_s

    def rating_ms(self, now_s: float) -> float:
        """Mean milliseconds from picture to rating; 0 when none came lately."""
        recent = [took for at, took in self._samples if now_s - at <= WINDOW_S]
        return 1000 * sum(recent) / len(recent) if recent else 0.0
