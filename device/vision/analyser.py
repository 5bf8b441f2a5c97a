"""From one picture to the readings of its faces: detector, smile, eyes and sharpness in a row."""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from device.config.appliance import ApplianceConfig
from device.config.faces import FacesSettings
from device.vision.crop import smile_crop
from device.vision.eyes import EyeReader, make_eye_reader
from device.vision.face_search import FaceSearch
from device.vision.faces import Detection, FaceDetector
from device.vision.manifest import Manifest
from device.vision.rating import FaceReading
from device.vision.sharpness import sharpness
from device.vision.smile import SmileClassifier
from device.vision.tflite import TfliteModel

MAX_THREADS: Final = 4


DETECTOR_MODEL: Final = "face_detector"
DETECTOR_LAYOUT: Final = "face_detector_layout"


@dataclass(frozen=True, slots=True)
class UsedModel:
    """A model in use: its manifest name, the SHA-256 it was verified against, its runtime."""

    name: str
    sha256: str
    runtime: str


@dataclass(slots=True)
class StageTimes:
    """Milliseconds the stages of the last picture took, for `bench` and the state."""

    faces_ms: float = 0.0
    smile_ms: float = 0.0
    eyes_ms: float = 0.0
    sharpness_ms: float = 0.0


class FaceFinder(Protocol):
    """Finds the faces of a picture: the detector itself, or a search that uses the last frame."""

    def detect(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Find the faces of a BGR picture, the most confident first."""
        ...


@dataclass(slots=True)
class Analyser:
    """Reads the faces of pictures.

    One thread per analyser.  `beside` makes a second one for another thread that shares the
    networks: they are lent stage by stage, so that neither waits for a whole picture of the other.

    Attributes:
        models: the models in use, by part (`faces`, `smile`, `eyes`).
        times: how long the stages of the last picture took.
    """

    finder: FaceFinder
    classifier: SmileClassifier
    eye_reader: EyeReader
    models: Mapping[str, UsedModel]
    detector: FaceDetector
    times: StageTimes = field(default_factory=StageTimes)
    networks: threading.Lock = field(default_factory=threading.Lock)

    def beside(self) -> "Analyser":
        """An analyser of single pictures for another thread, at no memory of its own."""
        return replace(self, finder=self.detector, times=StageTimes())

    def analyse(self, image: NDArray[np.uint8]) -> tuple[FaceReading, ...]:
        """Find and read the faces of a picture: uint8 (height, width, 3), BGR.

        The most confident come first; how many at most is a setting of the detector.
        """
        started = time.perf_counter()
        with self.networks:
            detections = self.finder.detect(image)
        found = time.perf_counter()
        self.times = StageTimes(faces_ms=1000 * (found - started))
        if not detections:
            return ()
        gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        return self._read_faces(gray, detections)

    def _read_faces(
        self, gray: NDArray[np.uint8], detections: tuple[Detection, ...]
    ) -> tuple[FaceReading, ...]:
        begun = time.perf_counter()
        size_px = self.classifier.input_size_px
        crops = [smile_crop(gray, detection.box, size_px) for detection in detections]
        with self.networks:
            smiles = self.classifier.classify(crops)
        smiled = time.perf_counter()
        with self.networks:
            eyes = [self.eye_reader.read(gray, detection.box) for detection in detections]
        seen = time.perf_counter()
        sharp = [_face_sharpness(gray, detection) for detection in detections]
        done = time.perf_counter()
        self.times.smile_ms = 1000 * (smiled - begun)
        self.times.eyes_ms = 1000 * (seen - smiled)
        self.times.sharpness_ms = 1000 * (done - seen)
        return tuple(
            FaceReading(detection.box, detection.confidence, face_sharpness, smile, eye)
            for detection, face_sharpness, smile, eye in zip(
                detections, sharp, smiles, eyes, strict=True
            )
        )


def _face_sharpness(gray: NDArray[np.uint8], detection: Detection) -> float:
    height_px, width_px = gray.shape
    x0, y0, x1, y1 = detection.box.to_pixels(width_px, height_px)
    return sharpness(gray[y0:y1, x0:x1])


def make_analyser(config: ApplianceConfig, *, video: bool = False) -> Analyser:
    """Load and verify the models that the configuration names.

    Args:
        config: which models, which settings.
        video: the pictures will be frames of one camera in a row; faces are then searched
            thoroughly only every few frames and followed cheaply in between.

    Raises:
        ManifestError: a model is not in the manifest, missing, or not the file it should be.
        ModelError: a model cannot be loaded or run.
    """
    folder = models_folder(config)
    threads = thread_count(config.performance.threads)
    manifest = Manifest.load(folder)
    detector = FaceDetector(
        manifest.verified_file(DETECTOR_LAYOUT),
        manifest.verified_file(DETECTOR_MODEL),
        config.faces,
    )
    smile_name = config.smile.model
    network = TfliteModel(manifest.verified_file(smile_name), threads)
    models = {
        "faces": _used(manifest, DETECTOR_MODEL, f"OpenCV {cv2.__version__}"),
        "smile": _used(manifest, smile_name, network.runtime_name),
    }
    if config.eyes.method == "network":
        runtime = network.runtime_name
        models["eye_locator"] = _used(manifest, config.eyes.locator_model, runtime)
        models["eyes"] = _used(manifest, config.eyes.state_model, runtime)
    return Analyser(
        _search(detector, config.faces) if video else detector,
        SmileClassifier(network, manifest.entry(smile_name).labels),
        make_eye_reader(config.eyes, folder, threads),
        models,
        detector,
    )


def _search(detector: FaceDetector, settings: FacesSettings) -> FaceSearch:
    return FaceSearch(detector, settings.search_every, settings.follow)


def _used(manifest: Manifest, name: str, runtime: str) -> UsedModel:
    return UsedModel(name, manifest.entry(name).sha256, runtime)


def thread_count(configured: int) -> int:
    """Threads per model: as configured, or the cores of this machine, at most four."""
    return configured or min(MAX_THREADS, len(os.sched_getaffinity(0)))


def models_folder(config: ApplianceConfig) -> Path:
    """The folder of models: the configured one, else the one shipped beside `device`."""
    return config.storage.models or Path(__file__).resolve().parents[2] / "models"
