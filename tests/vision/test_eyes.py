"""Eyes of real faces, read with the models that ship."""

import cv2
import numpy as np
import pytest

from device.config.eyes import EyesSettings
from device.vision.eye_cascade import CascadeEyeReader
from device.vision.eye_history import EyeHistory
from device.vision.eye_network import NetworkEyeReader
from device.vision.eyes import make_eye_reader
from device.vision.geometry import Box
from device.vision.rating import FaceReading, SmileReading


@pytest.fixture(scope="module")
def reader(models_folder):
    return make_eye_reader(EyesSettings(method="network"), models_folder, 1)


@pytest.fixture
def read(reader, make_detector):
    detector = make_detector(mode="fast")

    def read_largest(picture):
        box = max(detector.detect(picture), key=lambda face: face.box.area).box
        return reader.read(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), box)

    return read_largest


def turned(picture, degrees):
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width * 0.45, height * 0.3), degrees, 1)
    return cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)


def test_the_method_is_what_the_settings_say(models_folder):
    network = make_eye_reader(EyesSettings(method="network"), models_folder, 1)
    cascade = make_eye_reader(EyesSettings(method="cascade"), models_folder, 1)
    assert isinstance(network, NetworkEyeReader)
    assert isinstance(cascade, CascadeEyeReader)


def test_open_eyes_are_open(read, collins):
    assert read(collins).open == 2


def test_open_eyes_behind_glasses_are_open(read, hopper):
    assert read(hopper).open == 2


@pytest.mark.parametrize("degrees", [-25, 25])
def test_a_tilted_head_has_open_eyes_too(read, collins, degrees):
    assert read(turned(collins, degrees)).open == 2


@pytest.mark.parametrize("gain", [0.25, 0.5, 1.3])
def test_light_does_not_close_eyes(read, collins, gain):
    lit = np.clip(collins.astype(np.float32) * gain, 0, 255).astype(np.uint8)
    assert read(lit).open == 2


def test_a_small_face_is_still_read(read, collins):
    # The face is then about 60 pixels wide.
    assert read(cv2.resize(collins, None, fx=0.55, fy=0.55, interpolation=cv2.INTER_AREA)).open == 2


def test_a_face_too_small_is_unknown(reader, collins):
    gray = cv2.cvtColor(collins, cv2.COLOR_BGR2GRAY)
    assert reader.read(gray, Box(0.5, 0.5, 0.03, 0.04)).state == "unknown"


def test_a_black_picture_is_unknown(reader):
    assert reader.read(np.zeros((480, 640), np.uint8), Box(0.3, 0.3, 0.3, 0.5)).state == "unknown"


def test_a_face_partly_outside_the_frame_is_read_without_fail(reader, collins):
    gray = cv2.cvtColor(collins, cv2.COLOR_BGR2GRAY)
    for box in (Box(-0.3, -0.3, 0.6, 0.6), Box(0.8, 0.8, 0.6, 0.6), Box(0.2, 0.2, 0.0, 0.0)):
        assert reader.read(gray, box).state in {"open", "closed", "unknown"}


def test_the_blink_inside_a_grin_is_seen(reader, make_detector, data_folder):
    capture = cv2.VideoCapture(str(data_folder / "clips" / "pyfeat_single_face.mp4"))
    detector, history = make_detector(mode="fast"), EyeHistory(EyesSettings())
    states = []
    for frame in range(45):
        got, picture = capture.read()
        assert got
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        box = detector.detect(picture)[0].box
        eyes = reader.read(gray, box)
        face = FaceReading(box, 1.0, 0.0, SmileReading((1.0, 0.0, 0.0, 0.0)), eyes)
        states.append(history.update(frame / 30, (face,))[0].eyes.state)
    capture.release()
    expected = ["open"] * 5 + ["closed"] * 5
    wrong = [20 + n for n, state in enumerate(expected) if states[20 + n] != state]
    assert set(states[:20]) | set(states[31:]) == {"open"}
    # The lids of frames 25 and 29 are half way.
    assert set(wrong) <= {25, 29}, f"frames {wrong} are read wrongly"
