"""The daemon as its user runs it: a process of its own, told by signals."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

START_TIMEOUT_S = 90


class DaemonProcess:
    """`printability run` with overrides; its log is kept for the assertions."""

    def __init__(self, folder, *overrides, config=None, environment=None):
        self.folder = Path(folder)
        self.log = self.folder / "daemon.log"
        self._config = config
        self._environment = environment or {}
        self._overrides = (
            f"storage.folder={folder}",
            "album.min_free_megabytes=0",
            "web.enabled=false",
            *overrides,
        )
        self.process = None

    def start(self):
        command = [sys.executable, "-m", "device", "run"]
        if self._config:
            command += ["--config", str(self._config)]
        for override in self._overrides:
            command += ["--set", override]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **self._environment}
            )
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout_s=15):
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def wait_for(self, condition, what, timeout_s=START_TIMEOUT_S):
        """Wait for something to become true, failing with the log where it does not."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            value = condition()
            if value:
                return value
            if self.process.poll() is not None and not condition():
                break
            time.sleep(0.05)
        raise AssertionError(f"{what}: not within {timeout_s} s\n{self.text()[-4000:]}")

    def wait_for_log(self, text, timeout_s=START_TIMEOUT_S):
        return self.wait_for(lambda: text in self.text(), f"log line {text!r}", timeout_s)

    def resident_megabytes(self):
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class NotifySocket:
    """systemd's end of the notification socket."""

    def __init__(self, folder):
        self.path = str(Path(folder) / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(0.2)
        self.messages = []

    def receive(self):
        """Take in what has come; all messages so far."""
        while True:
            try:
                self.messages.append(self._socket.recv(65536).decode())
            except (TimeoutError, OSError):
                return self.messages

    def close(self):
        self._socket.close()


def photo_ratings(album):
    """The photos of an album folder."""
    return sorted(path for path in Path(album).rglob("*.jpg") if "thumb" not in str(path))


def lines_of(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
