"""Debian roots: made once, copied for each proof, entered; and the Python packages for them."""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from proof import REPOSITORY, ROOTS, SCRATCH, Skipped, note, run

MAKE_ROOT: Final = Path(__file__).parent / "roots" / "debian_root.sh"
SOURCE_PARTS: Final = (
    "device", "convert", "models", "systemd", "tests/pi", ".ci", "pyproject.toml",
    "config.yaml", "README.md", "LICENSE",
)  # fmt: skip


def debian_root(kind: str) -> Path:
    """The cached root of a kind, made now if need be."""
    if not (ROOTS / kind / ".printability-recipe").exists():
        note(f"the {kind} root is made once, which takes minutes, and kept in {ROOTS}")
    made = subprocess.run(["bash", MAKE_ROOT, kind], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Skipped(f"the {kind} root cannot be made here: {made.stderr.strip()[-600:]}")
    return Path(made.stdout.strip())


@contextmanager
def throwaway(kind: str) -> Iterator[Path]:
    """A writable copy of a cached root that vanishes afterwards, with the repository in /source."""
    lower = debian_root(kind)
    with tempfile.TemporaryDirectory(prefix="printability-", dir=SCRATCH) as name:
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
    mounts = [("-t", "proc", "proc", root / "proc")]
    mounts += [("--bind", f"/{folder}", root / folder) for folder in ("sys", "dev", "dev/shm")]
    try:
        for options in mounts:
            mounted = run("mount", *options, check=False)
            if mounted.returncode != 0:
                raise Skipped(f"mounting is not allowed here: {mounted.stderr.strip()}")
        yield
    finally:
        for folder in ("dev/shm", "dev", "sys", "proc"):
            run("umount", "--lazy", root / folder, check=False)


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
