"""The stages of a training run: which resolution for how long, and how fast to learn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from convert.errors import ConfigurationError

_WARM_UP_STEPS = 200
_WARM_UP_SHARE = 0.1
_FINAL_SHARE = 0.07


@dataclass(frozen=True)
class Stage:
    """Training at one resolution.

    Attributes:
        resolution: input side in pixels.
        epochs: passes over the training faces; fractions are allowed.
        learning_rate: the highest of the stage.
    """

    resolution: int
    epochs: float
    learning_rate: float

    def steps(self, faces: int, batch: int) -> int:
        """How many steps the stage has."""
        return max(1, math.ceil(self.epochs * faces / batch))

    def rate_at(self, step: int, steps: int) -> float:
        """The learning rate of a step: a short warm-up, then half a cosine."""
        warm_up = min(_WARM_UP_STEPS, max(1, int(_WARM_UP_SHARE * steps)))
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        progress = (step - warm_up) / max(1, steps - warm_up)
        low = _FINAL_SHARE * self.learning_rate
        return low + (self.learning_rate - low) * 0.5 * (1 + math.cos(math.pi * progress))


def parse_stages(text: str, learning_rate: float, decay: float) -> tuple[Stage, ...]:
    """Stages from `96:6,128:2,224:1` (resolution:epochs).

    Args:
        text: as given.
        learning_rate: of the first stage.
        decay: what each stage's rate is of the one before.

    Raises:
        ConfigurationError: the text is malformed, or a number out of range.
    """
    parsed = []
    for index, part in enumerate(text.split(",")):
        try:
            side, epochs = part.split(":")
            stage = Stage(int(side), float(epochs), learning_rate * decay**index)
        except ValueError:
            raise ConfigurationError(
                f"--stages has {part!r}; resolution:epochs such as 96:6 is expected"
            ) from None
        if stage.resolution < 32 or stage.epochs <= 0:
            raise ConfigurationError(
                f"--stages has {part!r}; at least 32 pixels and more than 0 epochs are expected"
            )
        parsed.append(stage)
    return tuple(parsed)


def worker_share(batch: int, workers: int) -> int:
    """How many faces of a step each replica takes.

    Raises:
        ConfigurationError: the batch cannot be shared evenly.
    """
    if batch < 1 or batch % workers:
        raise ConfigurationError(
            f"a batch of {batch} cannot be shared evenly by {workers} replicas; "
            f"give --batch a multiple of {workers}"
        )
    return batch // workers


def epoch_of(step: int, faces: int, batch: int) -> float:
    """How many epochs are done before `step`."""
    return step * batch / faces


def steps_per_epoch(faces: int, batch: int) -> int:
    """Steps after which every face was drawn about once."""
    return max(1, faces // batch)


def total_steps(stages: Sequence[Stage], faces: int, batch: int) -> int:
    """Steps of the whole run."""
    return sum(stage.steps(faces, batch) for stage in stages)
