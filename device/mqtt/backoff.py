"""How long to wait before the broker is tried again."""

import random


class Backoff:
    """Pauses that double from `first_s` to `longest_s`, each ±20 % so that a fleet spreads out.

    After a lasting fault (a wrong password does not become right by asking again) the pause is the
    longest one at once.
    """

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s = first_s
        self._longest_s = max(first_s, longest_s)
        self._next_s = first_s

    def pause_s(self, *, lasting: bool) -> float:
        """The next pause in seconds."""
        pause_s = self._longest_s if lasting else self._next_s
        self._next_s = min(self._longest_s, self._next_s * 2)
        return pause_s * random.uniform(0.8, 1.2)

    def reset(self) -> None:
        """Start with the shortest pause again: a connection was up."""
        self._next_s = self._first_s
