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


@dataclass(frozen=True)
class Cluster:
    """Where training runs.

    Attributes:
        strategy: the `tf.distribute` strategy.
        worker: this worker's place, from 0.
        workers: how many there are.
    """

    strategy: Any
    worker: int
    workers: int

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
    return Cluster(tf.distribute.get_strategy(), 0, 1)
