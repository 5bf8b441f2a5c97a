"""Targets from networks that are trained already, beside the votes.

What several trained networks, each shown the face and its mirror image, say on average is less
noisy than ten votes and than any one network; a network that learns from both comes closer to
their average than training on votes alone takes it (Hinton et al., "Distilling the Knowledge in a
Neural Network", 2015; Furlanello et al., "Born-Again Neural Networks", 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.smile_classes import votes_to_classes_matrix
from convert.progress import progress
from convert.quantization.from_keras import NamedWeights
from convert.quantization.source import read_weights_file
from convert.smile.decision import softmax
from convert.smile.network import HEADS, Answers

Ask = Callable[[NamedWeights, NDArray[np.uint8], int], Answers]
"""Asks the network of these weights about gray faces, scaled to this many pixels."""

_TINY = 1e-6
_NEEDED = ("stem_conv/kernel", "top_conv/kernel", *(f"{head}/kernel" for head, _ in HEADS))


@dataclass(frozen=True)
class Teacher:
    """A trained three-headed network.

    Attributes:
        weights: its `.weights.h5`.
        resolution: the input side it was trained for, in pixels.
    """

    weights: Path
    resolution: int


@dataclass(frozen=True)
class Lesson:
    """What the teachers say about each face.

    Attributes:
        counts: (n, 11) distribution of the smile votes.
        emotions: (n, 10) distribution of the ten answers.
    """

    counts: NDArray[np.float32]
    emotions: NDArray[np.float32]


@dataclass(frozen=True)
class Teaching:
    """Who teaches, and how much of the targets (0 to 1)."""

    teachers: tuple[Teacher, ...]
    share: float


def parse_teaching(texts: Sequence[str], share: float) -> Teaching:
    """Teachers from `FILE:SIDE` each.

    Raises:
        ConfigurationError: a text is malformed, there is no such file, or the share is not from
            0 to 1.
    """
    if not 0 <= share <= 1:
        raise ConfigurationError(f"--teacher-share is {share}; 0 to 1 is allowed")
    return Teaching(tuple(_teacher(text) for text in texts), share)


def _teacher(text: str) -> Teacher:
    file, _, side = text.rpartition(":")
    if not file or not side.isdigit() or int(side) < 32:
        raise ConfigurationError(
            f"--teacher is {text!r}; FILE:SIDE such as best.weights.h5:96 is expected, "
            "with a side of at least 32 pixels"
        )
    if not Path(file).is_file():
        raise ConfigurationError(f"the teacher {file} does not exist")
    return Teacher(Path(file), int(side))


def lesson_of(
    teachers: Sequence[Teacher], images: NDArray[np.uint8], ask: Ask, cache: Path
) -> Lesson:
    """What the teachers say about faces, on average over all and over both sides.

    Args:
        teachers: at least one.
        images: (n, side, side) uint8 gray.
        ask: how to ask a network.
        cache: file that keeps the answers for a run that is resumed.

    Raises:
        ConfigurationError: a file does not hold a network with all three heads.
    """
    if cache.exists():
        with np.load(cache) as stored:
            lesson = Lesson(stored["counts"], stored["emotions"])
        if len(lesson.counts) == len(images):
            return lesson
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    said = [
        _probabilities(ask(_weights_of(teacher), side, teacher.resolution))
        for teacher in teachers
        for side in progress((images, mirrored), teacher.weights.name)
    ]
    counts, emotions = (np.mean(part, axis=0) for part in zip(*said, strict=True))
    cache.parent.mkdir(parents=True, exist_ok=True)
    np.savez(cache, counts=counts, emotions=emotions)
    return Lesson(counts, emotions)


def _weights_of(teacher: Teacher) -> NamedWeights:
    weights = read_weights_file(teacher.weights)
    lacking = [name for name in _NEEDED if name not in weights]
    if lacking:
        raise ConfigurationError(
            f"the teacher {teacher.weights} lacks {', '.join(lacking)}; weights that "
            "`printability-convert train` wrote for the smile network are expected"
        )
    return weights


def _probabilities(answers: Answers) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The vote counts, as likely together as the class they make, and the emotions."""
    smile, count, emotion = (softmax(logits) for logits in answers)
    matrix = votes_to_classes_matrix()
    within_class = count / np.maximum(count @ matrix @ matrix.T, _TINY)
    counts = within_class * (smile @ matrix.T)
    counts /= counts.sum(axis=1, keepdims=True)
    return counts.astype(np.float32), emotion.astype(np.float32)
