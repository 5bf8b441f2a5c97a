"""Everything a training run must remember: the network, its average, the optimizer, the place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHT_DECAY = 0.02
LARGEST_GRADIENT = 2.0
AUXILIARY_WEIGHT = 0.3
_KEPT_CHECKPOINTS = 2


def young_decay(steps: Any) -> Any:
    """The most that an average may keep of itself after so many steps (a number or a tensor).

    Young averages forget faster, or they would hold on to where they started.
    """
    return (1.0 + steps) / (10.0 + steps)


class TrainingState:
    """One stage's network with its moving average and optimizer.

    Attributes:
        network: the three-headed Keras model.
        step: how many steps of the stage are done (a TensorFlow variable).
    """

    def __init__(self, strategy: Any, network: Any, average: float, towers: int = 1) -> None:
        """Put an optimizer and a moving average beside a network.

        Args:
            strategy: the `tf.distribute` strategy under which the network was built.
            network: gives logits of classes, counts and emotions.
            average: decay of the moving average.
            towers: parts of a replica's batch that are computed side by side.
        """
        import keras
        import tensorflow as tf

        self._strategy = strategy
        self._decay = average
        self._towers = towers
        self.network = network
        with strategy.scope():
            self._optimizer = keras.optimizers.AdamW(
                1e-3, weight_decay=WEIGHT_DECAY, clipnorm=LARGEST_GRADIENT
            )
            self._optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
            self._optimizer.build(self.network.trainable_variables)
            self._averages = [
                tf.Variable(variable.value, trainable=False)
                for variable in self.network.trainable_variables
            ]
            self.step = tf.Variable(0, dtype=tf.int64, trainable=False)

    def set_weights(self, weights: list[NDArray[Any]]) -> None:
        """Start from these weights; the average starts there, too."""
        self.network.set_weights(weights)
        for average, variable in zip(self._averages, self.network.trainable_variables, strict=True):
            average.assign(variable.value)

    def train_function(self, class_matrix: NDArray[np.float32]) -> Any:
        """A compiled step: (faces, counts, emotions) of every replica to the mean class loss.

        Args:
            class_matrix: (11, 4), which vote counts make which class.
        """
        import tensorflow as tf

        strategy, network, optimizer = self._strategy, self.network, self._optimizer
        matrix = tf.constant(class_matrix)
        replicas, towers = strategy.num_replicas_in_sync, self._towers

        def tower(faces: Any, counts: Any, emotions: Any) -> tuple[Any, list[Any]]:
            with tf.GradientTape() as tape:
                smile, count, emotion = network(tf.repeat(faces, 3, -1), training=True)
                entropy = tf.nn.softmax_cross_entropy_with_logits
                class_loss = tf.reduce_mean(entropy(tf.matmul(counts, matrix), smile))
                auxiliary = tf.reduce_mean(entropy(counts, count)) + tf.reduce_mean(
                    entropy(emotions, emotion)
                )
                # Gradients of towers and replicas are summed, so each counts for its share.
                loss = (class_loss + AUXILIARY_WEIGHT * auxiliary) / (replicas * towers)
            return class_loss / towers, tape.gradient(loss, network.trainable_variables)

        def replica_step(*batch: Any) -> Any:
            shares = zip(*(tf.split(part, towers) for part in batch), strict=True)
            losses, gradients = zip(*(tower(*share) for share in shares), strict=True)
            summed = [tf.add_n(parts) for parts in zip(*gradients, strict=True)]
            optimizer.apply_gradients(zip(summed, network.trainable_variables, strict=True))
            return tf.add_n(losses)

        def average(target: Any, source: Any) -> Any:
            decay = tf.minimum(self._decay, young_decay(tf.cast(self.step, tf.float32)))
            return target.assign(decay * target + (1 - decay) * source)

        def step(faces: Any, counts: Any, emotions: Any) -> Any:
            losses = strategy.run(replica_step, args=(faces, counts, emotions))
            for target, variable in zip(self._averages, network.trainable_variables, strict=True):
                strategy.extended.update(target, average, args=(variable.value,))
            return strategy.reduce(tf.distribute.ReduceOp.MEAN, losses, axis=None)

        return tf.function(step)

    def set_learning_rate(self, rate: float) -> None:
        """Of the next steps."""
        self._optimizer.learning_rate.assign(rate)

    @contextmanager
    def averaged(self) -> Iterator[Any]:
        """The network with its averaged weights, while the block lasts."""
        current = [variable.numpy() for variable in self.network.trainable_variables]
        try:
            for variable, average in zip(
                self.network.trainable_variables, self._averages, strict=True
            ):
                variable.assign(average.numpy())
            yield self.network
        finally:
            for variable, value in zip(self.network.trainable_variables, current, strict=True):
                variable.assign(value)

    def checkpoints(self, folder: Path) -> Any:
        """A `tf.train.CheckpointManager` over everything here."""
        import tensorflow as tf

        parts: dict[str, Any] = {f"average{i}": v for i, v in enumerate(self._averages)}
        tracked = tf.train.Checkpoint(
            step=self.step, network=self.network, optimizer=self._optimizer, **parts
        )
        return tf.train.CheckpointManager(tracked, str(folder), max_to_keep=_KEPT_CHECKPOINTS)
