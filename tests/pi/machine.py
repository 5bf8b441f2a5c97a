"""A booted systemd in a Debian root."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from proof import Skipped, expect, run

BOOT_TIMEOUT_S: Final = 180.0
POWER_OFF_TIMEOUT_S: Final = 60.0


@dataclass
class Machine:
    """A container with a real systemd as its PID 1, in a network of its own."""

    root: Path
    log: Path
    _nspawn: subprocess.Popen[bytes] | None = None
    _pid: int = 0

    def __enter__(self) -> Self:
        self.boot()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        self.power_off()

    def boot(self) -> None:
        """Start it; returns when systemd says that it runs."""
        if shutil.which("systemd-nspawn") is None:
            raise Skipped("systemd-nspawn is not installed (apt install systemd-container)")
        Path("/run/systemd").mkdir(exist_ok=True)
        options = ["--register=no", "--keep-unit", "--private-network", "--console=pipe"]
        # The folder's name is random; a machine's must not have an underscore.
        name = self.root.parent.name.replace("_", "-")
        command = ["systemd-nspawn", "-q", "-D", self.root, "-b", "-M", name]
        with self.log.open("ab") as log:
            self._nspawn = subprocess.Popen(
                [*command, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + BOOT_TIMEOUT_S
        while time.monotonic() < deadline:
            children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
            words = children.read_text().split() if children.exists() else []
            if words:
                self._pid = int(words[-1])
                state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
                if state in ("running", "degraded"):
                    return
            time.sleep(0.2)
        self.power_off()
        raise Skipped(f"systemd did not boot in a container: {self.log.read_text()[-300:]}")

    def power_off(self) -> None:
        """Shut it down as a machine is."""
        if self._nspawn is None:
            return
        if self._nspawn.poll() is None and self._pid:
            os.kill(self._pid, signal.SIGRTMIN + 4)
        try:
            self._nspawn.wait(POWER_OFF_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # Killing systemd-nspawn alone would leave what runs in it.
            os.kill(self._pid or self._nspawn.pid, signal.SIGKILL)
            self._nspawn.wait(POWER_OFF_TIMEOUT_S)
        self._nspawn, self._pid = None, 0

    def run(
        self, *command: str, check: bool = True, timeout_s: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside."""
        enter = ["nsenter", "-t", str(self._pid), "-m", "-u", "-i", "-n", "-p", "-C"]
        environment = [
            "env",
            "-i",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL=C.UTF-8",
            "HOME=/root",
        ]
        return run(*enter, *environment, *command, check=check, timeout_s=timeout_s)

    def show(self, unit: str, name: str) -> str:
        """One property of a unit."""
        return self.run("systemctl", "show", "-P", name, unit).stdout.strip()

    def wait_until(self, truth: Callable[[], bool], claim: str, timeout_s: float) -> float:
        """Wait for something to become true; returns the seconds it took."""
        started = time.monotonic()
        while not truth():
            expect(time.monotonic() - started < timeout_s, f"not within {timeout_s:g} s: {claim}")
            time.sleep(0.2)
        return time.monotonic() - started
