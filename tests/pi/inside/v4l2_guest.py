# ruff: noqa: T201 - its result is printed
"""Runs in a virtual machine whose kernel has a V4L2 camera (vivid): frames, unplug, back.

Prints `RESULT {…}` at the end.
"""

import fcntl
import json
import signal
import struct
import subprocess
import time
from pathlib import Path

from device.camera.source import make_camera
from device.camera.supervisor import SupervisedCamera
from device.config.camera import CameraSettings

# linux/videodev2.h and drivers/media/test-drivers/vivid/vivid-ctrls.c
VIDIOC_S_CTRL = 0xC008561C
VIVID_DISCONNECT = 0x00F0F000 + 65

settings = CameraSettings(
    source="/dev/video0", still_width_px=1280, still_height_px=720, stall_timeout_s=20,
    reopen_backoff_s=0.5,
)  # fmt: skip


def unplug():
    """Have the kernel's device vanish, as when its cable is pulled.

    vivid puts it back when the last program that held it has let go of it, and not before.
    """
    with Path("/dev/video0").open("rb+", buffering=0) as device:
        fcntl.ioctl(device, VIDIOC_S_CTRL, struct.pack("Ii", VIVID_DISCONNECT, 1))


result = {}
camera = make_camera(settings)
info = camera.open()
result["model"], result["still"] = info.model, [info.still_width_px, info.still_height_px]
frames = []
started = time.monotonic()
for _ in range(30):
    frame = camera.read(60)
    frames.append([frame.index, *frame.image.shape[:2], *frame.still.read().shape[:2]])
    frame.still.release()
result["frames"] = len(frames)
result["shapes"] = sorted({tuple(f[1:]) for f in frames})
result["rising"] = [f[0] for f in frames] == sorted({f[0] for f in frames})
result["per_second"] = round(len(frames) / (time.monotonic() - started), 1)
camera.close()

changes = []
supervised = SupervisedCamera(
    lambda: make_camera(settings), settings, on_change=lambda *change: changes.append(change)
)
supervised.open()
for _ in range(5):
    supervised.read(60).still.release()
unplug()
pulled = time.monotonic()
back = None
while time.monotonic() - pulled < 200 and back is None:
    frame = supervised.read(60)
    frame.still.release()
    if any(connected for connected, _ in changes[1:]):
        back = time.monotonic() - pulled
for _ in range(5):
    supervised.read(60).still.release()
supervised.close()
result["changes"] = [[connected, reason] for connected, reason in changes]
result["back_after_s"] = round(back, 1) if back else None

Path("/run/settings.yaml").write_text(
    "camera: {source: auto, still_width_px: 1280, still_height_px: 720}\n"
    "web: {enabled: false}\nstorage: {folder: /run/printability}\n"
)
program = subprocess.Popen(
    ["/opt/printability/venv/bin/printability", "run", "--config", "/run/settings.yaml"],
    stderr=subprocess.PIPE, text=True,
)  # fmt: skip
told = ""
for line in program.stderr:
    told += line
    if "Camera running" in line:
        break
time.sleep(20)
program.send_signal(signal.SIGTERM)
told += program.communicate(timeout=120)[1]
result["run_status"] = program.returncode
result["run_log"] = [line for line in told.splitlines() if "Camera" in line or "WARN" in line]
print("RESULT " + json.dumps(result), flush=True)
