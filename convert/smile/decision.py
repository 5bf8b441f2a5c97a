"""The last step from logits to the four probabilities: how sure, and how ready to say `mild`.

The answer is the class of the highest probability. A network that estimates the votes well says
`mild` and `moderate` less often than people did: both lie between two larger classes. Adding
`offset` times minus the logarithm of each class's share among the training faces (prior shift;
Saerens et al., "Adjusting the Outputs of a Classifier to New a Priori Probabilities", 2002) trades
accuracy for recall: 0 keeps the network's answers, 1 answers as if all classes were equally common.
Dividing the logits by a temperature (Guo et al., "On Calibration of Modern Neural Networks", 2017)
makes the confidence honest. Both are linear and are folded into the last layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convert.metrics.classification import confusion_matrix, macro_f1
from convert.quantization.folded_network import Dense

_TEMPERATURES = np.geomspace(0.4, 3.0, 60)
OFFSETS = tuple(round(0.05 * step, 2) for step in range(21))


@dataclass(frozen=True)
class Decision:
    """Temperature and offset.

    Attributes:
        temperature: the logits are divided by it.
        offset: 0 to 1, how much of the prior is taken away.
        log_priors: (4,) logarithm of each class's share of the training faces.
    """

    temperature: float
    offset: float
    log_priors: NDArray[np.float64]

    def apply(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, 4) class probabilities of logits."""
        return softmax(logits / self.temperature - self.offset * self.log_priors)

    def folded_into(self, last: Dense) -> Dense:
        """The last layer with temperature and offset inside."""
        bias = last.bias / self.temperature - self.offset * self.log_priors
        # A common shift changes nothing; without it the 8-bit logits keep a small range.
        bias = bias + self.offset * self.log_priors.mean()
        return Dense((last.kernel / self.temperature).astype(np.float32), bias.astype(np.float32))


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rows of probabilities."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities


def log_priors(classes: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Logarithm of each class's share."""
    shares = np.bincount(classes, minlength=count) / len(classes)
    logarithms: NDArray[np.float64] = np.log(np.maximum(shares, 1e-6))
    return logarithms


def fit_temperature(logits: NDArray[np.floating], truth: NDArray[np.int64]) -> float:
    """The temperature under which the true classes are most likely."""
    rows = np.arange(len(truth))

    def loss(temperature: float) -> float:
        return float(-np.log(softmax(logits / temperature)[rows, truth] + 1e-12).mean())

    return float(min(_TEMPERATURES, key=loss))


@dataclass(frozen=True)
class Trade:
    """Accuracy and macro-F1 on the held-out faces at one offset."""

    offset: float
    accuracy: float
    macro_f1: float


def trades(
    logits: NDArray[np.floating],
    truth: NDArray[np.int64],
    priors: NDArray[np.float64],
    offsets: Sequence[float] = OFFSETS,
) -> tuple[Trade, ...]:
    """What each offset costs and gives, on faces with these logits (already tempered)."""
    found = []
    for offset in offsets:
        answers = (logits - offset * priors).argmax(axis=1).astype(np.int64)
        matrix = confusion_matrix(truth, answers, len(priors))
        accuracy = float(matrix.diagonal().sum() / matrix.sum())
        found.append(Trade(offset, accuracy, macro_f1(matrix)))
    return tuple(found)


def choose_offset(options: Sequence[Trade], accuracy_price: float) -> float:
    """The offset with the highest macro-F1 that costs at most that much accuracy.

    Args:
        options: from `trades`.
        accuracy_price: fraction of 1 that may be given up against the most accurate offset.
    """
    floor = max(option.accuracy for option in options) - accuracy_price
    affordable = [option for option in options if option.accuracy >= floor - 1e-12]
    return max(affordable, key=lambda option: (option.macro_f1, -option.offset)).offset
