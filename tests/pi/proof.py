# ruff: noqa: T201 - a proof prints what it proved
"""What the proofs share: how they report, and how they are kept within their time.

A proof is a program.  It prints what it proved, line by line, and ends with status 0; with status
1 and the reason when something was disproved; with status 0 and `skipped: …` where it cannot run,
or where PROOF_TIME_LIMIT_S seconds did not suffice.  It has mounts and processes of its own, so
nothing is left behind when it dies.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

REPOSITORY: Final = Path(__file__).resolve().parents[2]
ROOTS: Final = Path(
    os.environ.get("PRINTABILITY_PROOF_ROOTS", Path.home() / ".cache" / "printability" / "roots")
)
# Not part of what was proved: a proof that is cut off before its end has disproved nothing.
TIME_LIMIT: Final = "PROOF_TIME_LIMIT_S"
NAMESPACE_FLAG: Final = "PRINTABILITY_PROOF_NAMESPACE"
NAMESPACES: Final = (
    "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
    "--mount-proc",
)  # fmt: skip
SCRATCH: Final = Path("/var/tmp")
NEEDED_BYTES: Final = 4_000_000_000


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
    """Run a proof as this program's work, with mounts and processes of its own."""
    if os.geteuid() != 0:
        print("skipped: it mounts and boots Debian roots, which needs root")
        return
    if NAMESPACE_FLAG not in os.environ:
        enter_namespaces()
    if os.getpid() == 1:
        leave_an_init()
    clock = TimeLimit(float(os.environ.get(TIME_LIMIT, "0")))
    started = time.monotonic()
    try:
        needs_disk_space()
        proof()
    except Skipped as reason:
        print(f"skipped: {reason}")
    except Exception as error:
        if clock.reached:
            print(f"skipped: {clock.reached}")
        elif isinstance(error, Disproved):
            print(f"DISPROVED: {error}")
            sys.exit(1)
        else:
            raise
    print(f"({time.monotonic() - started:.0f} s)")


def enter_namespaces() -> None:
    """Start this program again in namespaces of its own; returns only where there are none."""
    allowed = subprocess.run([*NAMESPACES, "true"], capture_output=True, text=True, check=False)
    if allowed.returncode != 0:
        print(f"skipped: no namespace of its own is to be had here: {allowed.stderr.strip()}")
        sys.exit(0)
    os.environ[NAMESPACE_FLAG] = "1"
    sys.stdout.flush()
    os.execvp(NAMESPACES[0], [*NAMESPACES, sys.executable, *sys.argv])


def leave_an_init() -> None:
    """Go on in a child; what stays as process 1 reaps the orphans, and ends when the child does.

    A container does not end while a process that was sent into it, and whose parent has died, is
    not reaped.
    """
    child = os.fork()
    if child == 0:
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: os.kill(child, number))
    while True:
        process, status = os.wait()
        if process == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def needs_disk_space() -> None:
    """Roots, packages and what a proof writes."""
    ROOTS.mkdir(parents=True, exist_ok=True)
    for folder in (ROOTS, SCRATCH):
        free = shutil.disk_usage(folder).free
        if free < NEEDED_BYTES:
            raise Skipped(f"{folder} has {free / 1e9:.1f} GB free, it needs {NEEDED_BYTES / 1e9:g}")


class TimeLimit:
    """Ends the proof as skipped when its time is up, or when it is asked to terminate.

    What has to be cleaned up is: the end is an exception, raised wherever the proof stands.
    """

    def __init__(self, limit_s: float) -> None:
        self.reached = ""
        self._limit_s = limit_s
        signal.signal(signal.SIGALRM, self._end)
        signal.signal(signal.SIGTERM, self._end)
        if limit_s:
            signal.setitimer(signal.ITIMER_REAL, limit_s)

    def _end(self, number: int, _frame: FrameType | None) -> NoReturn:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.reached = (
            f"not at its end after {self._limit_s:g} s, its time limit"
            if number == signal.SIGALRM
            else "it was told to terminate"
        )
        raise Skipped(self.reached)


def run(
    *command: str | Path, check: bool = True, timeout_s: float = 600, quiet: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command; its output is text."""
    words = [str(part) for part in command]
    shown = " ".join(words)
    try:
        done = subprocess.run(
            words, capture_output=quiet, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Disproved(f"{shown} does not end within {timeout_s:g} s") from error
    if check and done.returncode != 0:
        raise Disproved(f"{shown} failed ({done.returncode}):\n{done.stdout}\n{done.stderr}")
    return done
