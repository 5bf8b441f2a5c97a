"""Proof: on aarch64 it installs, passes its check and scores as on x86-64.

Emulated Debian 12 and Debian 13, with the processors of a Pi 4 and of a Pi 5; speed means nothing
here.  Scores may differ by a quantization
step of the int8 smile network, since processors and runtimes round differently; single
probabilities, which add up to one, may differ by a few steps in opposite directions.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent))

from debian import chroot_mounts, in_chroot, throwaway
from proof import REPOSITORY, ROOTS, Skipped, expect, note, prove, proved, run

PROGRAM: Final = "/opt/printability/venv/bin/printability"
PIP: Final = ["/opt/printability/venv/bin/python", "-m", "pip"]
PICTURES: Final = ("collins.jpg", "hopper.jpg")
INSTALLER: Final = "/source/systemd/install.sh --program-only --no-apt --wheels /wheels"
# The output of the smile network is int8 over 0 to 1.
QUANTIZATION_STEP: Final = 1 / 256
PYTHONS: Final = {"arm64-12": ("3.11", "1.24.2"), "arm64-13": ("3.13", "2.2.4")}
PLATFORMS: Final = (
    "manylinux2014",
    "manylinux_2_17",
    "manylinux_2_27",
    "manylinux_2_28",
    "manylinux_2_34",
)


@dataclass(frozen=True)
class Processor:
    """A Pi's processor as the emulator calls it and as Linux describes it."""

    board: str
    emulated: str
    features: str
    variant: str
    part: str
    revision: int

    def cpuinfo(self) -> str:
        """/proc/cpuinfo of a machine that has as many of it as this one has processors."""
        text = (
            f"BogoMIPS\t: 108.00\nFeatures\t: {self.features}\nCPU implementer\t: 0x41\n"
            f"CPU architecture: 8\nCPU variant\t: {self.variant}\nCPU part\t: {self.part}\n"
            f"CPU revision\t: {self.revision}\n\n"
        )
        return "".join(f"processor\t: {n}\n{text}" for n in range(os.cpu_count() or 1))


PI_4: Final = Processor(
    "a Pi 4's Cortex-A72", "cortex-a72", "fp asimd evtstrm crc32 cpuid", "0x0", "0xd08", 3
)
PI_5: Final = Processor(
    "a Pi 5's Cortex-A76",
    "cortex-a76",
    "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop "
    "asimddp",
    "0x4",
    "0xd0b",
    1,
)


@contextmanager
def processor(root: Path, kind: Processor) -> Iterator[None]:
    """Emulate one processor, consistently.

    Older emulators leave /proc/cpuinfo as the machine they run on has it.  ai-edge-litert, which
    reads there what an aarch64 can do, then dies of a segmentation fault.
    """
    if platform.machine() == "aarch64":
        yield
        return
    os.environ["QEMU_CPU"] = kind.emulated
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(kind.cpuinfo())
        file.flush()
        run("mount", "--bind", file.name, root / "proc/cpuinfo")
        try:
            yield
        finally:
            run("umount", "--lazy", root / "proc/cpuinfo", check=False)


def main() -> None:
    """Both Debians, or those named on the command line."""
    expected = ratings(
        [sys.executable, "-m", "device", "rate", "--json"], REPOSITORY / "device/demo/pictures"
    )
    for path, rating in expected.items():
        note(f"x86-64: {path} {describe(rating)}")
    for kind in sys.argv[1:] or PYTHONS:
        on_debian(kind, f"Debian {kind.removeprefix('arm64-')}", expected)


def on_debian(kind: str, system: str, expected: dict[str, Any]) -> None:
    """Install, check, rate, on one Debian; on Debian 12 with tflite-runtime too."""
    wheels = fetched_wheels(kind)
    with throwaway(kind) as root:
        (root / "wheels").mkdir()
        run("mount", "--bind", wheels, root / "wheels")
        with chroot_mounts(root):
            with processor(root, PI_4):
                install(root, system)
            for board in (PI_4, PI_5):
                with processor(root, board):
                    runtime = scores_agree(root, f"{system}, {board.board}", expected)
                    expect("ai-edge-litert" in runtime, "ai-edge-litert runs the models", runtime)
            if kind == "arm64-12":
                with processor(root, PI_4):
                    take_older_runtime(root)
                    runtime = scores_agree(root, f"{system}, {PI_4.board}", expected)
                    expect("tflite-runtime" in runtime, "tflite-runtime runs the models", runtime)


def install(root: Path, system: str) -> None:
    """Run the project's own installer."""
    note(f"{system}, aarch64 emulated: installing takes minutes")
    # Compiling every module of every package, emulated, would take most of the time.
    told = in_chroot(root, "env", "PIP_NO_COMPILE=1", *INSTALLER.split(), timeout_s=2400).stdout
    for line in told.splitlines():
        if line.startswith(("ok ", "Debian", "ai-edge")):
            note(line)


def take_older_runtime(root: Path) -> None:
    """Put tflite-runtime in the place of ai-edge-litert, as the installer does where it must."""
    swap = [*PIP, "install", "-q", "--no-index", "--no-deps", "--find-links", "/wheels"]
    in_chroot(root, *PIP, "uninstall", "-q", "-y", "ai-edge-litert", timeout_s=1200)
    in_chroot(root, *swap, "tflite-runtime", timeout_s=1200)


def scores_agree(root: Path, system: str, expected: dict[str, Any]) -> str:
    """`check` passes for the models, `rate` gives the same; returns the models and runtimes."""
    checked = in_chroot(root, PROGRAM, "check", "--no-camera", "--json", check=False, timeout_s=900)
    expect(checked.stdout, "check prints its report", checked.stderr[-2000:])
    report = {result["part"]: result for result in json.loads(checked.stdout)}
    expect(report["models"]["ok"], "the models load and run", report["models"])
    command = ["chroot", str(root), "env", "LC_ALL=C.UTF-8", PROGRAM, "rate", "--json"]
    found = ratings(command, Path("/source/device/demo/pictures"))
    score_steps = probability_steps = 0.0
    for name, wanted in expected.items():
        got = found[name]
        expect(got["score"] == wanted["score"], f"{name} has the same score", (got, wanted))
        away = abs(got["expected_score"] - wanted["expected_score"])
        score_steps = max(score_steps, away / QUANTIZATION_STEP)
        expect(len(got["faces"]) == len(wanted["faces"]), f"{name} has as many faces")
        for ours, theirs in zip(got["faces"], wanted["faces"], strict=True):
            for label, probability in theirs["smile"]["probabilities"].items():
                away = abs(ours["smile"]["probabilities"][label] - probability)
                probability_steps = max(probability_steps, away / QUANTIZATION_STEP)
            expect(ours["eyes"]["open"] == theirs["eyes"]["open"], f"{name}: eyes", ours["eyes"])
        note(f"aarch64: {name} {describe(got)}")
    # JSON rounds to four digits; a step is 0.0039.
    expect(score_steps <= 1.05, "expected scores agree within one step", f"{score_steps:.2f} steps")
    proved(
        f"{system} aarch64 ({report['models']['text']}): same scores as x86-64, expected scores "
        f"within {score_steps:.2f} quantization steps, single probabilities {probability_steps:.1f}"
    )
    return str(report["models"]["text"])


def ratings(command: list[str], folder: Path) -> dict[str, Any]:
    """`rate --json` of the portraits, by file name."""
    pictures = [str(folder / name) for name in PICTURES]
    done = subprocess.run(
        [*command, *pictures], capture_output=True, text=True, check=False, cwd=REPOSITORY
    )
    expect(done.returncode == 0, "rate succeeds", done.stderr[-1500:])
    return {Path(rating["file"]).name: rating for rating in json.loads(done.stdout)}


def describe(rating: dict[str, Any]) -> str:
    smiles = [face["smile"]["probabilities"] for face in rating["faces"]]
    return f"score {rating['score']} expected {rating['expected_score']} smiles {smiles}"


def fetched_wheels(kind: str) -> Path:
    """The packages for aarch64, fetched by this machine's own pip, which is not emulated."""
    version, numpy = PYTHONS[kind]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], f"numpy=={numpy}", "setuptools>=77,<83", "wheel"]
    if kind == "arm64-12":
        wanted.append("tflite-runtime==2.14.0")
    # As `package_limits` of the installer has it.
    tested = (REPOSITORY / ".ci" / "constraints.txt").read_text().splitlines()
    bound_to_numpy = ("numpy==", "ml_dtypes==", "opencv-python-headless==", "pillow==")
    limits = [line for line in tested if not line.lower().startswith(bound_to_numpy)]
    key = hashlib.sha256(repr((wanted, limits)).encode()).hexdigest()[:12]
    folder = ROOTS / f"wheels-{kind}-{key}"
    if (folder / ".complete").exists():
        return folder
    note(f"fetching Python packages for {kind}, once")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "limits.txt").write_text("\n".join(limits) + "\n")
    platforms = [f"--platform={name}_aarch64" for name in PLATFORMS]
    done = run(
        sys.executable, "-m", "pip", "download", "-q", "-d", folder, "--only-binary=:all:",
        "-c", folder / "limits.txt",
        f"--python-version={version}", "--implementation=cp", *platforms, *wanted,
        check=False, timeout_s=1200,
    )  # fmt: skip
    if done.returncode != 0:
        raise Skipped(f"packages for aarch64 cannot be fetched: {done.stderr.strip()[-300:]}")
    (folder / ".complete").touch()
    return folder


if __name__ == "__main__":
    prove(main)
