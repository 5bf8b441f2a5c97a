"""The desktop prototype's recipe, kept only to be measured against in the same run."""

from pathlib import Path

import cv2
import numpy as np

from device.camera.frame import Image
from device.config.appliance import ApplianceConfig
from device.vision.analyser import (
    DETECTOR_LAYOUT,
    DETECTOR_MODEL,
    models_folder,
    thread_count,
)
from device.vision.eye_cascade import load_cascade
from device.vision.manifest import Manifest
from device.vision.tflite import TfliteModel

CONFIDENCE = 0.5
EYE_NEIGHBOURS = 6
EYE_MIN_PX = 30


class SeedRecipe:
    """One 300×300 Caffe pass, a float network at its own size, the eye cascade on the whole face.

    It takes x1, y1 as the corner they are; the prototype mistook them for width and height.
    """

    def __init__(self, float_network: Path, config: ApplianceConfig) -> None:
        manifest = Manifest.load(models_folder(config))
        self._net = cv2.dnn.readNetFromCaffe(
            str(manifest.verified_file(DETECTOR_LAYOUT)),
            str(manifest.verified_file(DETECTOR_MODEL)),
        )
        self._model = TfliteModel(float_network, thread_count(config.performance.threads))
        self._eyes = load_cascade("haarcascade_eye.xml")

    def run(self, image: Image) -> int:
        """Rate one frame the prototype's way; returns the faces found."""
        height_px, width_px = image.shape[:2]
        blob = cv2.dnn.blobFromImage(
            cv2.resize(image, (300, 300)), 1.0, (300, 300), (104.0, 177.0, 123.0)
        )
        self._net.setInput(blob)
        found = 0
        for row in self._net.forward()[0, 0]:
            if row[2] < CONFIDENCE:
                continue
            corners = row[3:7] * np.array([width_px, height_px, width_px, height_px])
            x0, y0, x1, y1 = np.clip(corners, 0, [width_px, height_px, width_px, height_px]).astype(
                int
            )
            if x1 <= x0 or y1 <= y0:
                continue
            self._read_face(np.asarray(image[y0:y1, x0:x1], dtype=np.uint8))
            found += 1
        return found

    def _read_face(self, face: Image) -> None:
        gray = np.asarray(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        height_in_px, width_in_px = self._model.input_size
        resized = cv2.resize(gray, (width_in_px, height_in_px))
        batch = np.repeat(resized[None, :, :, None], self._model.channels, axis=3)
        self._model.run(self._model.input.quantize(batch.astype(np.float32)))
        self._eyes.detectMultiScale(gray, 1.1, EYE_NEIGHBOURS, minSize=(EYE_MIN_PX, EYE_MIN_PX))
