"""From FER+ votes to the four smile classes.

Ten people voted on every FER+ face (Barsoum et al., "Training Deep Networks for Facial
Expression Recognition with Crowd-Sourced Label Distribution", 2016). The *smile votes* of a face
are those for happiness and surprise, scaled to ten; the class follows from their number:
none 0-3, mild 4-6, moderate 7-8, huge 9-10.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

EMOTIONS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
LABELS = ("none", "mild", "moderate", "huge")
WEIGHTS = np.array([0.2, 0.5, 0.7, 1.0], np.float32)
VOTERS = 10
SMILING_VOTES = 4
"""From this many smile votes on, a face counts as smiling (it is no longer `none`)."""

_CLASS_OF_VOTES = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3], np.int64)


def smile_votes(votes: NDArray[Any]) -> NDArray[np.int64]:
    """Smile votes out of ten of each face.

    Args:
        votes: (n, 10) counts in the order of `EMOTIONS`. Faces with fewer or more than ten
            votes are scaled to ten and rounded.

    Returns:
        (n,) from 0 to 10.
    """
    counts = votes.astype(np.float64)
    share = (counts[:, 1] + counts[:, 2]) / np.maximum(1.0, counts.sum(axis=1))
    rounded: NDArray[np.int64] = np.minimum(VOTERS, np.rint(VOTERS * share)).astype(np.int64)
    return rounded


def classes_of(smile_vote_counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class (index into `LABELS`) of each number of smile votes (0 to 10)."""
    classes: NDArray[np.int64] = _CLASS_OF_VOTES[smile_vote_counts]
    return classes


def votes_to_classes_matrix() -> NDArray[np.float32]:
    """(11, 4): one row per number of smile votes, 1 in the column of its class."""
    matrix: NDArray[np.float32] = np.eye(len(LABELS), dtype=np.float32)[_CLASS_OF_VOTES]
    return matrix
