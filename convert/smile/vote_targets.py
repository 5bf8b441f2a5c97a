"""What the network should answer: not what ten voters said, but what a hundred would have.

Ten votes are a noisy sample of how likely a person is to call a face smiling. How that
probability is distributed over all faces is estimated from the votes themselves, as a mixture of
binomials (by expectation maximisation); the posterior of each face's probability then tells how
ten *other* people would vote. Half of the target is that, half the votes as they came.
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

from convert.faces.smile_classes import VOTERS

_GRID = np.linspace(0.001, 0.999, 101)
_ROUNDS = 3000
_SHARE_OF_VOTES = 0.5


def predictive_votes(smile_votes: NDArray[np.int64]) -> NDArray[np.float32]:
    """(11, 11): row k is the distribution of ten new votes for a face that got k smile votes."""
    counts = np.arange(VOTERS + 1)
    ways = np.array([comb(VOTERS, int(k)) for k in counts])
    likelihood = (
        ways[:, np.newaxis]
        * _GRID ** counts[:, np.newaxis]
        * (1 - _GRID) ** (VOTERS - counts[:, np.newaxis])
    )
    seen = np.bincount(smile_votes, minlength=VOTERS + 1) / len(smile_votes)
    mixture = np.full(len(_GRID), 1 / len(_GRID))
    for _ in range(_ROUNDS):
        posterior = likelihood * mixture
        posterior /= posterior.sum(axis=1, keepdims=True)
        mixture = seen @ posterior
    posterior = likelihood * mixture
    posterior /= posterior.sum(axis=1, keepdims=True)
    predicted: NDArray[np.float32] = (posterior @ likelihood.T).astype(np.float32)
    return predicted


def count_targets(smile_votes: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, 11) target distribution of each face's smile votes."""
    actual = np.eye(VOTERS + 1, dtype=np.float32)
    mixed = _SHARE_OF_VOTES * actual + (1 - _SHARE_OF_VOTES) * predictive_votes(smile_votes)
    targets: NDArray[np.float32] = mixed[smile_votes]
    return targets


def emotion_targets(votes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 10) share of the votes for each of the ten answers."""
    counts = votes.astype(np.float32)
    shares: NDArray[np.float32] = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    return shares
