"""Shots while broker and camera are killed again and again: each arrives, in order.

mosquitto forgets, when it is killed, what it has confirmed but could not deliver because nobody
was subscribed.  That is the broker's promise, not the camera's, so the camera's way to the broker
opens only once the subscriber is back (a gate in front of the broker).
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("shot_source.py")


class Gate:
    """Passes TCP on to the broker while `is_open` says so."""

    def __init__(self, target, is_open):
        self._target = target
        self._is_open = is_open
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                if not self._is_open():
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    @staticmethod
    def _pass_on(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self):
        self._server.close()


class Source:
    """The process that takes the shots."""

    def __init__(self, root, port, folder, shots, pause_s):
        self._command = [sys.executable, str(SOURCE), str(port), str(folder), str(shots), pause_s]
        self._environment = {**os.environ, "PYTHONPATH": str(root)}
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline() == "running\n"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    @property
    def ended(self):
        return self.process.poll() is not None


def survive(kit, tmp_path, start_broker, subscribe, *, shots, kills, pause_s, life_s):
    """Kill broker and camera `kills` times each while `shots` shots are taken; what came."""
    random.seed(20261122)
    # Unlimited: beyond its window mosquitto would keep confirmed messages in memory only.
    broker = start_broker("allow_anonymous true", "max_inflight_messages 0")
    seen = subscribe(broker.port, "printability/booth/shot")
    gate = Gate(broker.port, lambda: seen.is_ready)
    source = Source(kit.ROOT, gate.port, tmp_path, shots, str(pause_s))
    killed = {"broker": 0, "camera": 0}
    source.start()
    try:
        while min(killed.values()) < kills and not source.ended:
            time.sleep(random.uniform(*life_s))
            if killed["broker"] <= killed["camera"]:
                broker.kill()
                killed["broker"] += 1
                time.sleep(random.uniform(0, 0.2))
                broker.start()
            else:
                source.kill()
                killed["camera"] += 1
                source.start()
        kit.eventually(lambda: source.ended, 180, "the end of the outbox")
        assert source.process.returncode == 0
        expected = [f"shot-{number:05d}" for number in range(shots)]
        kit.eventually(lambda: seen.json("printability/booth/shot")[-1:], 10)
        time.sleep(0.3)
    finally:
        gate.close()
        source.kill()
    got = [event["id"] for event in seen.json("printability/booth/shot")]
    first_time = list(dict.fromkeys(got))
    print(  # noqa: T201 - the count is what this test is for
        f"\n{shots} shots taken; {killed['broker']} broker and {killed['camera']} camera kills; "
        f"{len(first_time)} of {shots} ids arrived, {len(got) - len(first_time)} repetitions"
    )
    assert sorted(expected) == sorted(first_time), "every shot at least once"
    assert first_time == expected, "in the order they were taken"
    return killed


def test_shots_survive_kills_of_broker_and_camera(tmp_path, start_broker, subscribe, kit):
    killed = survive(
        kit, tmp_path, start_broker, subscribe, shots=60, kills=3, pause_s=0.05, life_s=(0.05, 0.4)
    )
    assert sum(killed.values()) >= 4


@pytest.mark.slow
def test_500_shots_survive_50_kills_of_each(tmp_path, start_broker, subscribe, kit):
    killed = survive(
        kit, tmp_path, start_broker, subscribe, shots=500, kills=50, pause_s=0.2, life_s=(0.05, 0.8)
    )
    assert killed == {"broker": 50, "camera": 50}
