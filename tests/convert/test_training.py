import csv
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("tiny_training.py")


def start(out: Path, stages: str, resume: bool = False, tf_config: str = "") -> subprocess.Popen:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_CONFIG": tf_config,
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    command = [sys.executable, str(PROGRAM), str(out), stages, "resume" if resume else "fresh"]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def results(process: subprocess.Popen) -> list[dict]:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors[-3000:]
    return json.loads(output.splitlines()[-1])


def test_a_run_learns_through_its_stages_and_goes_on_where_it_stopped(tmp_path):
    first = results(start(tmp_path, "32:3"))
    assert [round(result["epoch"]) for result in first] == [1, 2, 3]
    assert first[-1]["loss"] < first[0]["loss"]
    more = results(start(tmp_path, "32:3,40:1", resume=True))
    # The first stage is not done again; the second starts from its weights.
    assert [(result["stage"], result["resolution"]) for result in more] == [(1, 40)]
    assert more[0]["loss"] < first[0]["loss"]
    with (tmp_path / "log.csv").open() as stream:
        logged = list(csv.DictReader(stream))
    assert [row["resolution"] for row in logged] == ["32", "32", "32", "40"]
    assert (tmp_path / "best.weights.h5").is_file()
    assert list((tmp_path / "tensorboard").iterdir())


def test_two_workers_train_one_network(tmp_path):
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    workers = [
        start(
            tmp_path,
            "32:1",
            tf_config=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        )
        for index in range(2)
    ]
    first, second = (results(worker) for worker in workers)
    # Both hold the same weights, so both measure the same.
    assert first[-1]["loss"] == pytest.approx(second[-1]["loss"], rel=1e-4)
    assert np.isfinite(first[-1]["loss"])
    assert first[-1]["step"] == 6
    assert (tmp_path / "best.weights.h5").is_file()
