# ruff: noqa: T201 - a proof prints what it proved
"""What the proofs share: a throw-away copy of a Debian root, a booted systemd in it, a report.

A proof is a program.  It prints what it proved, line by line, and ends with status 0; with status 1
and the reason when something was disproved; with status 0 and `skipped: …` where it cannot run.
Everything is mounted in a mount namespace of its own, so nothing is left behind when it dies.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

REPOSITORY: Final = Path(__file__).resolve().parents[2]
ROOTS: Final = Path(
    os.environ.get("PRINTABILITY_PROOF_ROOTS", Path.home() / ".cache" / "printability" / "roots")
)
MAKE_ROOT: Final = Path(__file__).parent / "roots" / "debian_root.sh"
CANNOT: Final = 3
NAMESPACE_FLAG: Final = "PRINTABILITY_PROOF_NAMESPACE"
SOURCE_PARTS: Final = (
    "device", "convert", "models", "systemd", "tests/pi", ".ci", "pyproject.toml",
    "config.yaml", "README.md", "LICENSE",
)  # fmt: skip


class Skipped(Exception):  # noqa: N818 - it is an outcome, not an error
    """The proof cannot run here; the message says why."""


class Disproved(AssertionError):  # noqa: N818
    """Something is not as claimed."""


def proved(text: str) -> None:
    """Report one thing that was shown."""
    print(f"proved: {text}", flush=True)


def note(text: str) -> None:
    """Say what is going on."""
    print(f"        {text}", flush=True)


def expect(truth: object, claim: str, found: object = "") -> None:
    """Stop the proof unless `truth`."""
    if not truth:
        raise Disproved(f"{claim}; found: {found}"[:4000] if found != "" else claim)


def prove(proof: Callable[[], None]) -> None:
    """Run a proof as this program's work, in a mount namespace of its own."""
    if os.geteuid() != 0:
        print("skipped: it mounts and boots Debian roots, which needs root")
        return
    if NAMESPACE_FLAG not in os.environ:
        os.environ[NAMESPACE_FLAG] = "1"
        command = ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv]
        os.execvp(command[0], command)
    started = time.monotonic()
    try:
        proof()
    except Skipped as reason:
        print(f"skipped: {reason}")
    except Disproved as error:
        print(f"DISPROVED: {error}")
        sys.exit(1)
    print(f"({time.monotonic() - started:.0f} s)")


def debian_root(kind: str) -> Path:
    """The cached root of a kind, made now if need be."""
    made = subprocess.run(["bash", MAKE_ROOT, kind], stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        raise Skipped(f"the {kind} root cannot be made here")
    return Path(made.stdout.strip())


@contextmanager
def throwaway(kind: str) -> Iterator[Path]:
    """A writable copy of a cached root that vanishes afterwards, with the repository in /source."""
    lower = debian_root(kind)
    with tempfile.TemporaryDirectory(prefix="printability-", dir="/var/tmp") as name:
        upper, work, merged = (Path(name) / part for part in ("upper", "work", "root"))
        for folder in (upper, work, merged):
            folder.mkdir()
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        mounted = run("mount", "-t", "overlay", "overlay", "-o", options, merged, check=False)
        if mounted.returncode != 0:
            raise Skipped("this kernel has no overlayfs")
        try:
            copy_source(merged / "source")
            yield merged
        finally:
            run("umount", "--recursive", "--lazy", merged, check=False)


def copy_source(target: Path) -> None:
    """Copy what an installation needs from the repository."""
    for part in SOURCE_PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, target / part, ignore=ignore)
        elif source.exists():
            (target / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / part)
    (target / "README.md").touch()


@contextmanager
def chroot_mounts(root: Path) -> Iterator[None]:
    """/proc, /sys, /dev and /dev/shm inside a root."""
    run("mount", "-t", "proc", "proc", root / "proc")
    for folder in ("sys", "dev", "dev/shm"):
        run("mount", "--bind", f"/{folder}", root / folder)
    try:
        yield
    finally:
        for folder in ("dev/shm", "dev", "sys", "proc"):
            run("umount", "--lazy", root / folder, check=False)


def run(
    *command: str | Path, check: bool = True, timeout_s: float = 600, quiet: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command; its output is text."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=quiet,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if check and done.returncode != 0:
        shown = " ".join(str(part) for part in command)
        raise Disproved(f"{shown} failed ({done.returncode}):\n{done.stdout}\n{done.stderr}")
    return done


def in_chroot(root: Path, *command: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command inside a root."""
    clean = ["env", "-u", "PIP_FIND_LINKS", "-u", "PYTHONPATH", "LC_ALL=C.UTF-8"]
    return run("chroot", root, *clean, *command, **options)  # type: ignore[arg-type]


def wheels_for(kind: str, root: Path) -> Path:
    """The Python packages an installation in `root` needs, fetched once, as a folder on the host.

    They are chosen as the installer chooses them: NumPy as the root's apt has it.
    """
    pyproject = (REPOSITORY / "pyproject.toml").read_bytes()
    limits = REPOSITORY / ".ci" / "constraints.txt"
    key = hashlib.sha256(pyproject + (limits.read_bytes() if limits.exists() else b""))
    folder = ROOTS / f"wheels-{kind}-{key.hexdigest()[:12]}"
    with (ROOTS / f".wheels-{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".complete").exists():
            fetch_wheels(kind, root, folder)
    return folder


def fetch_wheels(kind: str, root: Path, folder: Path) -> None:
    """Have pip choose and fetch the packages inside the root."""
    note(f"fetching Python packages for {kind}, once")
    folder.mkdir(parents=True, exist_ok=True)
    inside = root / "wheels"
    inside.mkdir(exist_ok=True)
    script = (
        "set -e; source_folder=/source; python=/usr/bin/python3; "
        "eval \"$(sed -n '/^package_limits() {/,/^}/p;/^system_numpy() {/,/^}/p' "
        '/source/systemd/install.sh)"; package_limits > /tmp/limits; '
        "cp -r /source /tmp/app; cd /tmp; "
        "pip download -q -d /wheels -c /tmp/limits /tmp/app 'setuptools>=77,<83' wheel; "
        "rm -f /wheels/printability*"
    )
    run("mount", "--bind", folder, inside)
    try:
        with chroot_mounts(root):
            fetched = in_chroot(root, "bash", "-c", script, check=False, timeout_s=1800)
    finally:
        run("umount", inside)
    if fetched.returncode != 0:
        raise Skipped(f"Python packages cannot be fetched: {fetched.stderr.strip()[-300:]}")
    (folder / ".complete").touch()


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
        command = ["systemd-nspawn", "-q", "-D", self.root, "-b", "-M", f"proof-{os.getpid()}"]
        with self.log.open("ab") as log:
            self._nspawn = subprocess.Popen(
                [*command, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 60
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
            self._nspawn.wait(60)
        except subprocess.TimeoutExpired:
            self._nspawn.terminate()
            self._nspawn.wait(30)
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
