"""Proof: a real V4L2 device that vanishes and comes back, in a virtual machine.

Debian's kernel with its test camera (vivid) runs in QEMU, emulated, for virtual machines inside
virtual machines are not to be had everywhere; its file system is a Debian 12 root in which the
installer put the program.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))

from debian import chroot_mounts, in_chroot, throwaway, wheels_for
from proof import ROOTS, Skipped, expect, note, prove, proved, run

MODULES: Final = ("virtio_pci", "9pnet_virtio", "9p", "vivid")
TIMEOUT_S: Final = 1200

INIT: Final = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /mnt /sbin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
modprobe -a virtio_pci 9pnet_virtio 9p
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose root /mnt
mkdir -p /mnt/lib/modules && mount -t tmpfs tmpfs /mnt/run
modprobe vivid n_devs=1 num_inputs=1 input_types=0
mount --move /dev /mnt/dev; mount --move /proc /mnt/proc; mount --move /sys /mnt/sys
exec switch_root /mnt /bin/sh /guest.sh
"""

GUEST: Final = """
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root
mount -t tmpfs tmpfs /tmp
cd /tmp
/opt/printability/venv/bin/python /source/tests/pi/inside/v4l2_guest.py 2>&1
echo GUEST-END $?
echo o > /proc/sysrq-trigger
sleep 10
"""


def main() -> None:
    """Build the guest, boot it, read what it found."""
    for program in ("qemu-system-x86_64", "busybox", "depmod", "cpio", "apt-cache"):
        if shutil.which(program) is None:
            raise Skipped(
                f"{program} is missing (apt install qemu-system-x86 busybox-static kmod cpio)"
            )
    kernel = unpacked_kernel()
    with throwaway("systemd") as root, tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        wheels = wheels_for("systemd", root)
        (root / "wheels").mkdir(exist_ok=True)
        run("mount", "--bind", wheels, root / "wheels")
        with chroot_mounts(root):
            command = ["/source/systemd/install.sh", "--program-only", "--no-apt", "--wheels"]
            in_chroot(root, *command, "/wheels", timeout_s=1500)
        run("umount", root / "wheels")
        (root / "guest.sh").write_text(GUEST)
        version = next((kernel / "lib/modules").iterdir()).name
        shutil.copytree(kernel / "lib/modules" / version, root / "usr/lib/modules" / version)
        run(
            "chroot",
            root,
            "sh",
            "-c",
            "command -v modprobe || ln -s /bin/busybox /sbin/modprobe",
            check=False,
        )
        shutil.copy(shutil.which("busybox") or "", root / "bin/busybox")
        for tool in ("modprobe", "rmmod"):
            if not (root / "sbin" / tool).exists():
                (root / "sbin" / tool).symlink_to("/bin/busybox")
        initramfs = make_initramfs(kernel, version, Path(scratch))
        check(boot(kernel / "boot" / f"vmlinuz-{version}", initramfs, root))


def unpacked_kernel() -> Path:
    """Debian's kernel package, unpacked, fetched once."""
    folder = ROOTS / "kernel"
    if (folder / ".complete").exists():
        return folder
    name = newest_kernel()
    if not name:
        # Images come without apt's lists.
        run("apt-get", "update", "-qq", check=False)
        name = newest_kernel()
    if not name:
        raise Skipped("apt knows no linux-image-amd64")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        fetched = subprocess.run(["apt-get", "download", name], cwd=scratch, check=False)
        if fetched.returncode != 0:
            raise Skipped("the kernel package cannot be fetched")
        package = next(Path(scratch).glob("*.deb"))
        run("dpkg-deb", "-x", package, folder)
    version = next((folder / "lib/modules").iterdir()).name
    run("depmod", "-b", folder, version)
    (folder / ".complete").touch()
    return folder


def newest_kernel() -> str:
    """The package of Debian's kernel of today; empty where apt knows none."""
    told = run("apt-cache", "depends", "linux-image-amd64", check=False).stdout
    names = [line.split()[-1] for line in told.splitlines() if "Depends: linux-image-" in line]
    return names[0] if names else ""


def make_initramfs(kernel: Path, version: str, scratch: Path) -> Path:
    """Busybox, the modules that the guest needs before its root, and what mounts the root."""
    tree = scratch / "initramfs"
    (tree / "bin").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", tree / "bin/busybox")
    (tree / "init").write_text(INIT)
    (tree / "init").chmod(0o755)
    modules = tree / "lib/modules" / version
    modules.mkdir(parents=True)
    told = run("modprobe", "-a", "-d", kernel, "-S", version, "--show-depends", *MODULES).stdout
    for line in told.splitlines():
        if line.startswith("insmod"):
            source = Path(line.split()[1])
            target = tree / source.relative_to(kernel)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for name in ("modules.order", "modules.builtin"):
        shutil.copy(kernel / "lib/modules" / version / name, modules)
    run("depmod", "-b", tree, version)
    packed = scratch / "initramfs.cpio"
    command = f"cd {tree} && find . | cpio -o -H newc --quiet > {packed}"
    run("sh", "-c", command)
    return packed


def boot(kernel: Path, initramfs: Path, root: Path) -> str:
    """Run the guest to its end; returns its console."""
    note("booting the guest")
    command = [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1536",
        "-smp", "2",
        "-nographic", "-no-reboot", "-kernel", kernel, "-initrd", initramfs,
        "-append", "console=ttyS0 panic=-1 quiet",
        "-virtfs", f"local,path={root},mount_tag=root,security_model=none,multidevs=remap",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT_S)
        return (done.stdout + done.stderr).decode(errors="replace")
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").decode(errors="replace")


def check(console: str) -> None:
    """What the guest found against what is claimed."""
    line = next((text for text in console.splitlines() if text.startswith("RESULT ")), None)
    expect(line is not None, "the guest comes to its end", console[-3000:])
    result = json.loads((line or "").removeprefix("RESULT "))
    for key, value in result.items():
        note(f"{key}: {value}")
    expect(result["frames"] == 30 and result["rising"], "frames come in order")
    expect(result["still"] == [1280, 720], "photos have the size asked for", result["still"])
    expect(
        result["shapes"] == [[360, 640, 720, 1280]], "analysis and still sizes", result["shapes"]
    )
    proved(
        f"V4L2 device {result['model']}: {result['frames']} frames at {result['per_second']}/s, "
        "rated at 640x360, kept at 1280x720"
    )
    lost = [reason for connected, reason in result["changes"] if not connected]
    expect(lost and result["back_after_s"], "unplugged, then back", result["changes"])
    proved(f"unplugged ({lost[0]}) and back: frames again after {result['back_after_s']} s")
    expect(result["run_status"] == 0, "printability run ends with 0", result["run_log"])
    expect(any("Camera running" in text for text in result["run_log"]), "it found the camera")
    proved("printability run with camera.source: auto finds it, rates and stops cleanly")


if __name__ == "__main__":
    prove(main)
