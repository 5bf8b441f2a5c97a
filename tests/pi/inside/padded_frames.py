# ruff: noqa: T201 - its result is printed
"""Faces and pixels of frames as this process's row padding delivers them.

usage: padded_frames.py COUNT — prints a JSON object: painted number → digest of the analysis
picture, its shape, and the boxes and scores of its faces.
"""

import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import painted

from device.camera.picamera2_camera import Picamera2Camera
from device.config.appliance import ApplianceConfig
from device.config.camera import CameraSettings
from device.vision.analyser import make_analyser

settings = CameraSettings(
    source="picamera2", analysis_width_px=320, analysis_height_px=240,
    still_width_px=1920, still_height_px=1080, frame_rate=30,
)  # fmt: skip
analyser = make_analyser(ApplianceConfig())
camera = Picamera2Camera(settings)
camera.open()
stride = camera._picam2.camera_configuration()["lores"]["stride"]
found = {}
for _ in range(int(sys.argv[1])):
    frame = camera.read(10)
    frame.still.release()
    number = painted.read(frame.image)
    if number is None or number in found:
        continue
    faces = analyser.analyse(frame.image)
    found[number] = {
        "digest": hashlib.sha256(frame.image.tobytes()).hexdigest(),
        "shape": frame.image.shape,
        "faces": [repr(face) for face in faces],
    }
camera.close()
print("RESULT " + json.dumps({"stride": stride, "frames": found}))
