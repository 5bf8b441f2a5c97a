"""What the person who quantizes wants of the decision, and the decision that follows."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.smile.decision import (
    Decision,
    Lift,
    Trade,
    choose_lift,
    fit_temperature,
    trades,
)

_AUTO, _EVEN = "auto", "even"


@dataclass(frozen=True)
class DecisionWishes:
    """Temperature and lift, given or to be found; see the options of `quantize`.

    Attributes:
        temperature: None is to be found.
        lift: None is to be found.
        accuracy_price: fraction of 1 that a found lift may cost.
        least_recall: what a found lift must reach, of mild and moderate.
        even: whether a found lift must be the same for both; few held-out faces choose one number
            more surely than two.
    """

    temperature: float | None
    lift: Lift | None
    accuracy_price: float
    least_recall: tuple[float, float]
    even: bool

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """From the command line.

        Raises:
            ConfigurationError: something that should be a number is none, or a temperature is
                not above 0.
        """
        return cls(
            _temperature(options.temperature),
            None if options.lift in (_AUTO, _EVEN) else Lift(*_pair("--lift", options.lift)),
            options.accuracy_price,
            _pair("--least-recall", options.least_recall),
            options.lift == _EVEN,
        )

    @property
    def are_none(self) -> bool:
        """Whether the network's logits are to stay as they are."""
        return (self.temperature, self.lift) == (1.0, Lift())

    def decide(
        self, logits_of_held_out: Callable[[], NDArray[np.float64]], truth: NDArray[np.int64]
    ) -> tuple[Decision, tuple[Trade, ...]]:
        """The decision, and what other lifts would have given (empty where all was given).

        Args:
            logits_of_held_out: computes (n, 4), where something is to be found.
            truth: (n,) classes.
        """
        if self.temperature is not None and self.lift is not None:
            return Decision(self.temperature, self.lift), ()
        logits = logits_of_held_out()
        temperature = self.temperature or fit_temperature(logits, truth)
        tried = trades(logits / temperature, truth)
        allowed = [one for one in tried if not self.even or one.lift.mild == one.lift.moderate]
        lift = self.lift or choose_lift(allowed, self.accuracy_price, self.least_recall)
        return Decision(temperature, lift), tried

    def told(self) -> str:
        """How the lift was chosen; who sets numbers by hand has seen what they do to PublicTest."""
        if self.lift == Lift():
            return ""
        seen = "with the figures of PublicTest known: to that extent it was used to choose."
        if self.lift is not None:
            return f"Both lifts were set by hand, {seen}"
        mild, moderate = self.least_recall
        if mild == moderate == 0:
            which = "One lift for both was" if self.even else "Both lifts were"
            return f"{which} chosen on held-out training faces."
        return (
            f"On held-out training faces the lifts had to reach recalls of {mild:.2f} and "
            f"{moderate:.2f}. These floors were set by hand, {seen}"
        )


def _temperature(text: str) -> float | None:
    if text == _AUTO:
        return None
    try:
        temperature = float(text)
    except ValueError:
        raise ConfigurationError(f"--temperature {text!r} is neither a number nor `auto`") from None
    if not temperature > 0:
        raise ConfigurationError(f"--temperature is {text}; more than 0 is expected, or `auto`")
    return temperature


def _pair(option: str, text: str) -> tuple[float, float]:
    try:
        mild, moderate = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigurationError(
            f"{option} is {text!r}; two numbers are expected, for mild and moderate: 0.6,0.7"
        ) from None
    return mild, moderate
