"""Which ratings are worth publishing: a rate limit, a change threshold, nothing while offline."""

from device.vision.rating import Rating


class ScoreGate:
    """Decides on the frame loop, so it touches nothing but a few attributes.

    A rating passes when `interval_s` seconds have gone by since the last that passed and its score
    differs by at least `min_change`, or something that people read as a word changed: the number
    of faces, `smiling`, `eyes_open`, `waiting_for`.
    """

    __slots__ = ("_due_s", "_last", "interval_s", "min_change")

    def __init__(self, interval_s: float, min_change: float) -> None:
        self.interval_s = interval_s
        self.min_change = min_change
        self._due_s = 0.0
        self._last: Rating | None = None

    def passes(self, rating: Rating, now_s: float) -> bool:
        """Whether to publish; `now_s` is seconds of a monotonic clock."""
        if now_s < self._due_s:
            return False
        if self._last is not None and not self._changed(self._last, rating):
            return False
        self._last = rating
        self._due_s = now_s + self.interval_s
        return True

    def reset(self) -> None:
        """Let the next rating pass: whoever listens now has heard nothing yet."""
        self._last = None
        self._due_s = 0.0

    def _changed(self, last: Rating, rating: Rating) -> bool:
        if abs(rating.score - last.score) >= self.min_change:
            return True
        return (
            len(rating.faces) != len(last.faces)
            or rating.smiling != last.smiling
            or rating.eyes_open != last.eyes_open
            or rating.waiting_for != last.waiting_for
        )
