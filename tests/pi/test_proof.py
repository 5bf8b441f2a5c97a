"""How a proof ends: what stops a submission, and what does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROOFS = Path(__file__).parent
# Without a namespace of its own, which not every machine allows.
PROGRAM = """
import os, sys, time
sys.path.insert(0, {folder!r})
os.geteuid = lambda: {user}
import proof
proof.NEEDED_BYTES = {needed}

def claim():
    {body}

proof.prove(claim)
"""


def run_proof(
    tmp_path: Path, body: str, *, user: int = 0, needed: int = 0, limit_s: float = 0
) -> subprocess.CompletedProcess[str]:
    text = PROGRAM.format(folder=str(PROOFS), user=user, needed=needed, body=body)
    environment = {
        **os.environ,
        "PRINTABILITY_PROOF_NAMESPACE": "1",
        "PRINTABILITY_PROOF_ROOTS": str(tmp_path),
        "PROOF_TIME_LIMIT_S": str(limit_s),
    }
    return subprocess.run(
        [sys.executable, "-c", text], check=False, capture_output=True, text=True, env=environment
    )


def test_what_is_proved_is_said(tmp_path: Path) -> None:
    done = run_proof(tmp_path, "proof.proved('it works')")
    assert done.returncode == 0
    assert "proved: it works" in done.stdout


@pytest.mark.parametrize(
    "body",
    [
        "proof.expect(1 == 2, 'one is two')",
        "proof.run('false')",
        "proof.run('sleep', '60', timeout_s=0.1)",
    ],
)
def test_what_is_disproved_fails(tmp_path: Path, body: str) -> None:
    done = run_proof(tmp_path, body, limit_s=600)
    assert done.returncode == 1
    assert "DISPROVED: " in done.stdout


def test_a_proof_that_cannot_run_is_skipped_with_its_reason(tmp_path: Path) -> None:
    done = run_proof(tmp_path, "raise proof.Skipped('no overlayfs here')")
    assert done.returncode == 0
    assert "skipped: no overlayfs here" in done.stdout


def test_without_root_it_is_skipped(tmp_path: Path) -> None:
    done = run_proof(tmp_path, "proof.proved('not reached')", user=1000)
    assert done.returncode == 0
    assert "skipped: " in done.stdout
    assert "not reached" not in done.stdout


def test_without_room_on_the_disk_it_is_skipped(tmp_path: Path) -> None:
    done = run_proof(tmp_path, "proof.proved('not reached')", needed=10**18)
    assert done.returncode == 0
    assert "GB free" in done.stdout
    assert "not reached" not in done.stdout


@pytest.mark.parametrize("body", ["time.sleep(60)", "proof.run('sleep', '60')"])
def test_a_proof_cut_off_by_its_time_limit_is_skipped(tmp_path: Path, body: str) -> None:
    done = run_proof(tmp_path, body, limit_s=0.5)
    assert done.returncode == 0, done.stderr
    assert "skipped: not at its end after" in done.stdout


@pytest.mark.parametrize(
    "end", ["proof.expect(False, 'the machine is well while it is taken down')", "1 / 0"]
)
def test_what_goes_wrong_because_of_the_cut_does_not_count(tmp_path: Path, end: str) -> None:
    body = f"""
    try:
        time.sleep(60)
    finally:
        {end}
    """.strip()
    done = run_proof(tmp_path, body, limit_s=0.5)
    assert done.returncode == 0, done.stdout
    assert "skipped: " in done.stdout
