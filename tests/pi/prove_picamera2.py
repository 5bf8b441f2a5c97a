"""Proof: on real, unmodified picamera2 and libcamera, the rated frame is the saved one.

A Debian 13 root with libcamera's virtual camera, which shows a folder of pictures.  Each picture
carries a number as painted blocks; libcamera shows each for four frames.  The program is installed
by its own installer and run by its own command.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent))

import cv2
import numpy as np
import painted
from debian import chroot_mounts, in_chroot, throwaway, wheels_for
from proof import REPOSITORY, Skipped, expect, note, prove, proved, run

# libcamera loads them all when the camera is opened.
PICTURES: Final = 60
SHOTS: Final = int(os.environ.get("PROOF_SHOTS", "200"))
FRAMES: Final = int(os.environ.get("PROOF_FRAMES", "5000"))
# Slower than a camera's usual 30, so that a busy machine still rates most frames.
FRAME_RATE: Final = 20
PROGRAM: Final = "/opt/printability/venv/bin/printability"
PYTHON: Final = "/opt/printability/venv/bin/python"
NOTES: Final = "/var/tmp/notes.jsonl"
STALL: Final = "/var/tmp/stall"
BROKER_PORT: Final = 18_831
MOST_GROWTH_KB: Final = 12_000
# Until everything has been used a first time, memory and descriptors rise.
FRAMES_TO_JUDGE_LEAKS: Final = 5000
# Frames that were under way when the camera stalled are still rated, on a busy machine slowly.
LAST_FRAMES_S: Final = 3.0

VIRTUAL_CAMERA: Final = """
"Virtual0":
  supported_formats:
  - {width: 320, height: 180, frame_rates: [30]}
  - {width: 640, height: 360, frame_rates: [30]}
  - {width: 1920, height: 1080, frame_rates: [30]}
  frames: {path: "/frames", scale_mode: "fill"}
  location: "CameraLocationFront"
  model: "Virtual Faces"
"""

SETTINGS: Final = f"""
camera: {{source: picamera2, still_width_px: 1920, still_height_px: 1080, frame_rate: {FRAME_RATE},
  stall_timeout_s: 5, reopen_backoff_s: 0.5}}
shutter: {{threshold: 0.5, hold_frames: 2, window_s: 0.2, lookback_s: 0.3, cooldown_s: 0,
  rearm_s: 0, max_shots_per_hour: 3600}}
web: {{enabled: false}}
faces: {{mode: fast}}
mqtt: {{enabled: true, host: 127.0.0.1, port: {BROKER_PORT}, score_interval_s: 1}}
storage: {{folder: /var/lib/printability}}
"""


def main() -> None:
    """Install, run, compare; then stall the camera and watch."""
    with throwaway("libcamera") as root:
        wheels = wheels_for("libcamera", root)
        prepare(root)
        with chroot_mounts(root):
            install(root, wheels)
            same_faces_whatever_the_padding(root)
            with broker(root):
                the_rated_frame_is_the_saved_one(root)
                a_stalled_camera_is_reopened(root)


def prepare(root: Path) -> None:
    """Put pictures, the virtual camera and the settings into the root."""
    frames = root / "frames"
    frames.mkdir()
    portrait = cv2.imread(str(REPOSITORY / "device" / "demo" / "pictures" / "collins.jpg"))
    if portrait is None:
        raise Skipped("the demo's portrait is not in the repository")
    scale = 860 / portrait.shape[0]
    portrait = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for number in range(PICTURES):
        picture = np.full((1080, 1920, 3), 110, np.uint8)
        if number % 12 < 7:
            left = 300 + 40 * (number % 12)
            picture[20 : 20 + portrait.shape[0], left : left + portrait.shape[1]] = portrait
        painted.paint(picture, number)
        cv2.imwrite(str(frames / f"{number:03d}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
    pipeline = root / "usr/share/libcamera/pipeline/virtual/virtual.yaml"
    pipeline.write_text(VIRTUAL_CAMERA)
    (root / "etc/printability").mkdir()
    (root / "etc/printability/config.yaml").write_text(SETTINGS)


def install(root: Path, wheels: Path) -> None:
    """Run the project's own installer."""
    (root / "wheels").mkdir(exist_ok=True)
    run("mount", "--bind", wheels, root / "wheels")
    # Debian lacks pykms, which Raspberry Pi OS has: the stand-in is needed at import already.
    stand_ins = "PYTHONPATH=/source/tests/pi/virtual_camera"
    installer = "/source/systemd/install.sh"
    done = in_chroot(
        root,
        "env",
        stand_ins,
        installer,
        "--no-apt",
        "--no-start",
        "--wheels",
        "/wheels",
        timeout_s=1500,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("ok ")]
    for line in lines:
        note(line)
    expect(any("picamera2" in line for line in lines), "picamera2 is imported", done.stdout)
    expect(
        any("numpy" in line and "/usr/lib/python3/dist-packages" in line for line in lines),
        "NumPy stays apt's",
        done.stdout,
    )
    proved(
        "install.sh on Debian 13: picamera2, simplejpeg, cv2, the runtime import with apt's NumPy"
    )


def with_camera(root: Path, *command: str, alignment: int = 64) -> list[str]:
    """A command line that runs in the root with the virtual camera."""
    return [
        "chroot", str(root), "env", "-u", "PIP_FIND_LINKS", "LC_ALL=C.UTF-8",
        "PYTHONPATH=/source/tests/pi/virtual_camera", f"VIRTUAL_CAMERA_ALIGNMENT={alignment}",
        f"VIRTUAL_CAMERA_FPS={FRAME_RATE}",
        f"VIRTUAL_CAMERA_STALL={STALL}", "LIBCAMERA_LOG_LEVELS=*:FATAL", *command,
    ]  # fmt: skip


def same_faces_whatever_the_padding(root: Path) -> None:
    """A 320-pixel-wide analysis picture with padded rows shows what an unpadded one shows."""
    found: dict[int, Any] = {}
    for alignment in (64, 2):
        script = "/source/tests/pi/inside/padded_frames.py"
        told = run(*with_camera(root, PYTHON, script, "60", alignment=alignment)).stdout
        result = next(line for line in told.splitlines() if line.startswith("RESULT "))
        found[alignment] = json.loads(result.removeprefix("RESULT "))
    padded, bare = found[64], found[2]
    expect(padded["stride"] == 384 and bare["stride"] == 320, "strides are 384 and 320")
    common = padded["frames"].keys() & bare["frames"].keys()
    with_faces = [number for number in common if padded["frames"][number]["faces"]]
    expect(len(with_faces) >= 5, "frames with faces were seen both ways", len(with_faces))
    different = [n for n in common if padded["frames"][n] != bare["frames"][n]]
    expect(not different, "padded and unpadded pictures and faces are equal", different)
    proved(
        f"stride 384 and stride 320 give the same pixels and faces in {len(common)} pictures, "
        f"{len(with_faces)} of them with faces"
    )


def the_rated_frame_is_the_saved_one(root: Path) -> None:
    """`printability run` for many shots: numbers equal, nothing leaks."""
    script = "/source/tests/pi/inside/numbered_run.py"
    command = [
        PYTHON,
        script,
        NOTES,
        str(SHOTS),
        str(FRAMES),
        "run",
        "--config",
        "/etc/printability/config.yaml",
    ]
    note(f"printability run until {SHOTS} shots and {FRAMES} frames, some minutes")
    done = run(*with_camera(root, *command), timeout_s=2400)
    expect(done.returncode == 0, "printability run ends with 0", done.stderr[-2000:])
    compare = "/source/tests/pi/inside/compare_numbers.py"
    told = in_chroot(root, PYTHON, compare, NOTES, "/var/lib/printability/album").stdout
    result = json.loads(told.splitlines()[-1])
    expect(result["compared"] >= SHOTS, "enough photos were saved", result["compared"])
    expect(not result["unreadable"], "every number is readable", result["unreadable"])
    expect(not result["unequal"], "every saved number is the rated one", result["unequal"])
    expect(result["sizes"] == ["1920x1080"], "photos are 1920x1080", result["sizes"])
    proved(
        f"over {result['compared']} photos of 1920x1080 the number in the photo is that of the "
        f"rated 640x360 frame ({result['distinct_numbers']} different numbers were seen)"
    )
    nothing_leaks(root)


def nothing_leaks(root: Path) -> None:
    """Memory and descriptors stay flat once everything has been used a first time."""
    lines = [json.loads(text) for text in (root / NOTES.lstrip("/")).read_text().splitlines()]
    usage = [line for line in lines if "resident_kb" in line]
    if not usage or usage[-1]["frames"] < FRAMES_TO_JUDGE_LEAKS:
        note(f"whether anything leaks is told after {FRAMES_TO_JUDGE_LEAKS} frames only")
        return
    settled = usage[len(usage) // 4 :]
    first, last = settled[0], settled[-1]
    for line in (usage[0], first, last):
        note(
            f"after {line['frames']} frames: {line['resident_kb'] // 1024} MiB resident, "
            f"{line['descriptors']} descriptors, {line['threads']} threads"
        )
    growth = last["resident_kb"] - first["resident_kb"]
    expect(growth < MOST_GROWTH_KB, "memory is flat", f"{growth} kB more")
    expect(last["descriptors"] <= first["descriptors"] + 2, "descriptors are flat", last)
    expect(last["threads"] <= first["threads"] + 1, "threads are flat", last)
    proved(
        f"{last['frames']} frames: resident memory {growth:+d} kB, descriptors "
        f"{last['descriptors'] - first['descriptors']:+d} after frame {first['frames']}"
    )


@contextmanager
def broker(root: Path) -> Iterator[None]:
    """A mosquitto from the root, for this proof alone."""
    (root / "etc/proof.conf").write_text(
        f"listener {BROKER_PORT} 127.0.0.1\nallow_anonymous true\n"
    )
    command = ["chroot", str(root), "mosquitto", "-c", "/etc/proof.conf"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    try:
        expect(process.poll() is None, "mosquitto runs")
        yield
    finally:
        process.terminate()
        process.wait(10)


class Listener:
    """What systemd and the broker's subscribers are told, with the time of each."""

    def __init__(self, notify_path: Path) -> None:
        import paho.mqtt.client as mqtt

        self.watchdog: list[float] = []
        self.ready = threading.Event()
        self.availability: list[tuple[float, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(notify_path))
        self._socket.settimeout(0.5)
        self._stopping = False
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._heard
        self._client.connect("127.0.0.1", BROKER_PORT)
        self._client.subscribe("printability/+/availability", 1)
        self._client.loop_start()

    def wait_for(self, state: str, after: float, timeout_s: float) -> float:
        """Seconds until availability becomes `state`."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for at, told in self.availability:
                if at > after and told == state:
                    return at - after
            time.sleep(0.05)
        expect(False, f"availability becomes {state} within {timeout_s:g} s", self.availability)
        raise AssertionError

    def close(self) -> None:
        self._stopping = True
        self._client.loop_stop()
        self._client.disconnect()
        self._thread.join()
        self._socket.close()

    def _heard(self, _client: Any, _data: Any, message: Any) -> None:
        self.availability.append((time.monotonic(), message.payload.decode()))

    def _listen(self) -> None:
        while not self._stopping:
            try:
                message = self._socket.recv(4096)
            except TimeoutError:
                continue
            if b"WATCHDOG=1" in message:
                self.watchdog.append(time.monotonic())
            if message.startswith(b"READY=1"):
                self.ready.set()


def a_stalled_camera_is_reopened(root: Path) -> None:
    """A camera that wedges without an exception: offline, no watchdog, reopened, online."""
    notify = root / "run" / "proof-notify"
    listener = Listener(notify)
    command = with_camera(root, PROGRAM, "run", "--config", "/etc/printability/config.yaml")
    log_path = root / "var/tmp/stall.log"
    with log_path.open("wb") as log:
        environment = {**os.environ, "NOTIFY_SOCKET": "/run/proof-notify"}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    stall = root / STALL.lstrip("/")
    try:
        expect(
            listener.ready.wait(240), "READY=1 after the first rated frame", log_path.read_text()
        )
        listener.wait_for("online", 0.0, 60)
        time.sleep(3)
        stalled_at = time.monotonic()
        stall.touch()
        offline_s = listener.wait_for("offline", stalled_at, 60)
        time.sleep(6)
        resumed_at = time.monotonic()
        quiet_from = stalled_at + LAST_FRAMES_S
        late = [at - stalled_at for at in listener.watchdog if quiet_from < at < resumed_at]
        expect(not late, "the watchdog is not fed while the camera stalls", late)
        stall.unlink()
        online_s = listener.wait_for("online", resumed_at, 120)
        deadline = time.monotonic() + 60
        while not any(at > resumed_at for at in listener.watchdog):
            expect(time.monotonic() < deadline, "the watchdog is fed again")
            time.sleep(0.1)
        process.terminate()
        expect(process.wait(60) == 0, "the program ends with 0", process.returncode)
    finally:
        stall.unlink(missing_ok=True)
        if process.poll() is None:
            process.kill()
            process.wait()
        listener.close()
    proved(
        f"camera stall: offline after {offline_s:.1f} s, watchdog not fed for "
        f"{resumed_at - stalled_at:.0f} s, reopened and online {online_s:.1f} s after it recovered"
    )


if __name__ == "__main__":
    prove(main)
