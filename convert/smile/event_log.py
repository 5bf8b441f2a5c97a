"""TensorBoard's event files, written without TensorBoard: TFRecords of `Event` messages."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path


def write_scalars(folder: Path, step: int, figures: Mapping[str, float]) -> None:
    """Write one step's figures as an event file of their own into `folder`."""
    import tensorflow as tf

    folder.mkdir(parents=True, exist_ok=True)
    now = time.time()
    event_type, summary_type = tf.compat.v1.Event, tf.compat.v1.Summary
    values = [summary_type.Value(tag=name, simple_value=value) for name, value in figures.items()]
    file = folder / f"events.out.tfevents.{time.time_ns()}.printability"
    with tf.io.TFRecordWriter(str(file)) as writer:
        writer.write(event_type(wall_time=now, file_version="brain.Event:2").SerializeToString())
        event = event_type(wall_time=now, step=step, summary=summary_type(value=values))
        writer.write(event.SerializeToString())
