"""Models and pictures that the tests of vision share."""

from pathlib import Path

import cv2
import pytest

from device.config.faces import FacesSettings
from device.vision.faces import FaceDetector
from device.vision.geometry import Box

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
PICTURES = ROOT / "tests" / "pictures"


@pytest.fixture(scope="session")
def models_folder():
    return MODELS


@pytest.fixture(scope="session")
def collins():
    """Eileen Collins: a broad smile; (512, 512, 3) BGR."""
    return cv2.imread(str(PICTURES / "collins.jpg"))


@pytest.fixture(scope="session")
def hopper():
    """Grace Hopper: serious; (600, 512, 3) BGR."""
    return cv2.imread(str(PICTURES / "hopper.jpg"))


@pytest.fixture(scope="session")
def make_detector():
    def make(**settings):
        return FaceDetector(
            MODELS / "face_detector.prototxt",
            MODELS / "face_detector.caffemodel",
            FacesSettings(**settings),
        )

    return make


@pytest.fixture(scope="session")
def detector(make_detector):
    return make_detector()


@pytest.fixture(scope="session")
def collins_box(detector, collins) -> Box:
    return detector.detect(collins)[0].box


@pytest.fixture(scope="session")
def hopper_box(detector, hopper) -> Box:
    return detector.detect(hopper)[0].box
