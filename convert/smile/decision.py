"""The last step from logits to the four probabilities: how sure, and how ready to say `mild`.

The answer is the class of the highest probability. A network that estimates the votes well says
`mild` and `moderate` less often than people did: both lie between two larger classes. Lifting
their logits (as for other priors; Saerens et al., "Adjusting the Outputs of a Classifier to New a
Priori Probabilities", 2002) trades accuracy for recall. Dividing the logits by a temperature (Guo
et al., "On Calibration of Modern Neural Networks", 2017) makes the confidence honest. Both are
linear and are folded into the last layer. How much to lift is chosen on faces that were not
learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from convert.faces.smile_classes import LABELS
from convert.metrics.classification import confusion_matrix, macro_f1, recalls
from convert.quantization.folded_network import Dense

_TEMPERATURES = np.geomspace(0.4, 3.0, 60)
_LIFTS = tuple(round(0.1 * step, 1) for step in range(15))
_MILD, _MODERATE = LABELS.index("mild"), LABELS.index("moderate")


@dataclass(frozen=True)
class Lift:
    """What is added to the logits of `mild` and `moderate`, in nats."""

    mild: float = 0.0
    moderate: float = 0.0

    @property
    def per_class(self) -> NDArray[np.float64]:
        """(4,) what is added to each logit."""
        added = np.zeros(len(LABELS))
        added[_MILD], added[_MODERATE] = self.mild, self.moderate
        return added


@dataclass(frozen=True)
class Decision:
    """How logits become answers.

    Attributes:
        temperature: the logits are divided by it.
        lift: added to the quotients.
    """

    temperature: float = 1.0
    lift: Lift = Lift()

    def apply(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, 4) class probabilities of logits."""
        return softmax(logits / self.temperature + self.lift.per_class)

    def folded_into(self, last: Dense) -> Dense:
        """The last layer with temperature and lift inside."""
        added = self.lift.per_class
        # A common shift changes nothing; without it the 8-bit logits keep a small range.
        bias = last.bias / self.temperature + added - added.mean()
        return Dense((last.kernel / self.temperature).astype(np.float32), bias.astype(np.float32))


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rows of probabilities."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities


def fit_temperature(logits: NDArray[np.floating], truth: NDArray[np.int64]) -> float:
    """The temperature under which the true classes are most likely."""
    rows = np.arange(len(truth))

    def loss(temperature: float) -> float:
        return float(-np.log(softmax(logits / temperature)[rows, truth] + 1e-12).mean())

    return float(min(_TEMPERATURES, key=loss))


@dataclass(frozen=True)
class Trade:
    """What a lift gives, on held-out faces: fractions of 1."""

    lift: Lift
    accuracy: float
    macro_f1: float
    recall_mild: float
    recall_moderate: float


def trades(
    logits: NDArray[np.floating],
    truth: NDArray[np.int64],
    lifts: Sequence[float] = _LIFTS,
) -> tuple[Trade, ...]:
    """What each pair of lifts costs and gives.

    Args:
        logits: (n, 4), already tempered.
        truth: (n,) classes.
        lifts: to try for `mild` and for `moderate`, in nats.
    """
    return tuple(
        _trade(logits, truth, Lift(mild, moderate)) for mild, moderate in product(lifts, lifts)
    )


def _trade(logits: NDArray[np.floating], truth: NDArray[np.int64], lift: Lift) -> Trade:
    answers = (logits + lift.per_class).argmax(axis=1).astype(np.int64)
    matrix = confusion_matrix(truth, answers, len(LABELS))
    accuracy = float(matrix.diagonal().sum() / matrix.sum())
    recall = recalls(matrix)
    return Trade(lift, accuracy, macro_f1(matrix), float(recall[_MILD]), float(recall[_MODERATE]))


def choose_lift(
    options: Sequence[Trade], accuracy_price: float, least_recall: tuple[float, float] = (0.0, 0.0)
) -> Lift:
    """The lift of the highest macro-F1 that costs at most that much accuracy.

    Args:
        options: from `trades`.
        accuracy_price: fraction of 1 that may be given up against the most accurate lift.
        least_recall: of `mild` and `moderate`; where none of the affordable lifts reaches both,
            the most accurate lift that does, or the nearest one, is taken.
    """

    def short_of(option: Trade) -> float:
        mild, moderate = least_recall
        missing = (mild - option.recall_mild, moderate - option.recall_moderate)
        return sum(max(0.0, part) for part in missing)

    floor = max(option.accuracy for option in options) - accuracy_price
    affordable = [option for option in options if option.accuracy >= floor - 1e-12]
    reaching = [option for option in affordable if short_of(option) == 0]
    if reaching:
        return max(reaching, key=lambda option: option.macro_f1).lift
    return min(options, key=lambda option: (short_of(option), -option.accuracy)).lift
