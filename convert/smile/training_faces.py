"""Batches of augmented faces: the same for the same seed and step, however often interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from convert.faces.prepared_set import Faces
from convert.smile.augmentation import augmented
from convert.smile.teaching import Lesson
from convert.smile.vote_targets import count_targets, emotion_targets

Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class TrainingFaces:
    """Faces to learn from.

    Attributes:
        images: (n, 48, 48) uint8.
        counts: (n, 11) target distribution of the smile votes.
        emotions: (n, 10) target distribution of the ten answers.
        weights: (n,) how likely each face is drawn, relative to the others.
        seed: of every random choice.
        augment: strength of augmentation.
    """

    images: NDArray[np.uint8]
    counts: NDArray[np.float32]
    emotions: NDArray[np.float32]
    weights: NDArray[np.float64]
    seed: int
    augment: float

    @classmethod
    def of(cls, faces: Faces, *, balance: float, seed: int, augment: float) -> TrainingFaces:
        """Training faces with their targets.

        Args:
            faces: the training split, or part of it.
            balance: 0 draws faces as they come; 1 draws every class equally often.
            seed: of every random choice.
            augment: strength of augmentation.
        """
        classes = faces.classes
        sizes = np.bincount(classes, minlength=int(classes.max()) + 1)
        weights = (1.0 / sizes[classes]) ** balance
        return cls(
            faces.images,
            count_targets(faces.smile_votes),
            emotion_targets(faces.votes),
            weights / weights.sum(),
            seed,
            augment,
        )

    def __len__(self) -> int:
        return len(self.images)

    def taught(self, lesson: Lesson, share: float) -> TrainingFaces:
        """The same faces, whose targets are to this share (0 to 1) what trained networks say."""
        return replace(
            self,
            counts=(1 - share) * self.counts + share * lesson.counts,
            emotions=(1 - share) * self.emotions + share * lesson.emotions,
        )

    def batches(
        self,
        resolution: int,
        stage: int,
        first_step: int,
        last_step: int,
        size: int,
        worker: int,
        workers: int,
    ) -> Iterator[Batch]:
        """The batches of one worker from `first_step` on, before `last_step`.

        `size` is the batch over all workers, of which each takes its own part.

        Yields:
            faces (size / workers, resolution, resolution, 1) float32 from 0 to 255, vote targets
            and emotion targets.
        """
        for step in range(first_step, last_step):
            chosen = self._drawn(stage, step, size)[worker::workers]
            random = np.random.default_rng([self.seed, stage, step, worker])
            pixels = [
                augmented(self.images[face], resolution, random, self.augment) for face in chosen
            ]
            yield np.stack(pixels)[..., np.newaxis], self.counts[chosen], self.emotions[chosen]

    def _drawn(self, stage: int, step: int, size: int) -> NDArray[np.int64]:
        count = len(self)
        if np.allclose(self.weights, self.weights[0]):
            # Every face once before any comes again; an epoch is a shuffled deck.
            places = np.arange(step * size, (step + 1) * size)
            drawn = np.empty(size, np.int64)
            for epoch in np.unique(places // count):
                deck = np.random.default_rng([self.seed, stage, int(epoch)]).permutation(count)
                mask = places // count == epoch
                drawn[mask] = deck[places[mask] % count]
            return drawn
        random = np.random.default_rng([self.seed, stage, step, 1_000_003])
        weighted: NDArray[np.int64] = random.choice(count, size, p=self.weights)
        return weighted
