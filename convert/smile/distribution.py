"""On which devices and machines to train.

Several GPUs of this machine: `MirroredStrategy`. Several machines: give each worker the variable
`TF_CONFIG` (TensorFlow's own: the list of workers and this one's place in it), and start the same
command on each: `MultiWorkerMirroredStrategy`. Only the first worker writes files that last.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convert.errors import ConfigurationError

_MOST_TOWERS = 4


@dataclass(frozen=True)
class Cluster:
    """Where training runs.

    Attributes:
        strategy: the `tf.distribute` strategy.
        worker: this worker's place, from 0.
        workers: how many there are.
        towers: parts of a batch to compute side by side, one for each processor core.
    """

    strategy: Any
    worker: int
    workers: int
    towers: int = 1

    @property
    def is_chief(self) -> bool:
        """Whether this worker writes the files."""
        return self.worker == 0

    def folder_for(self, folder: Path) -> Path:
        """Where this worker saves: all must take part in saving, one result counts."""
        return folder if self.is_chief else folder / f"worker-{self.worker}"


def workers_of(tf_config: str | None) -> tuple[int, int]:
    """This worker's place and the number of workers, from the text of `TF_CONFIG`.

    Raises:
        ConfigurationError: it is no JSON, or names no workers or another task than a worker.
    """
    if not tf_config:
        return 0, 1
    try:
        config = json.loads(tf_config)
        workers = len(config["cluster"]["worker"])
        kind, place = config["task"]["type"], int(config["task"]["index"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"TF_CONFIG cannot be understood ({error}); it must be JSON such as "
            '{"cluster": {"worker": ["host:port", …]}, "task": {"type": "worker", "index": 0}}'
        ) from error
    if kind != "worker" or not 0 <= place < workers:
        raise ConfigurationError(
            f"TF_CONFIG makes this {kind} {place} of {workers} workers; only workers take part"
        )
    return place, workers


def join_cluster() -> Cluster:
    """The strategy for this machine; must come before any other use of TensorFlow."""
    place, workers = workers_of(os.environ.get("TF_CONFIG"))
    import tensorflow as tf

    if workers > 1:
        return Cluster(tf.distribute.MultiWorkerMirroredStrategy(), place, workers)
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return Cluster(tf.distribute.MirroredStrategy(), 0, 1)
    if tf.config.list_physical_devices("GPU"):
        return Cluster(tf.distribute.get_strategy(), 0, 1)
    return Cluster(tf.distribute.get_strategy(), 0, 1, _one_core_a_tower(tf))


def _one_core_a_tower(tf: Any) -> int:
    """Let every core compute its own part of the batch from end to end.

    Many of EfficientNet's operations run on one core whatever TensorFlow is told; whole parts of
    the batch side by side keep all cores busy (two cores: 38 to 55 faces a second at 96 px).
    """
    towers = min(len(os.sched_getaffinity(0)), _MOST_TOWERS)
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        # One more, for the thread that waits for the next batch.
        tf.config.threading.set_inter_op_parallelism_threads(towers + 1)
    except RuntimeError:
        # TensorFlow is in use already (in a test, in a notebook) and keeps its threads.
        return 1
    return towers
