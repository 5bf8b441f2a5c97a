"""The cascade method on drawn pictures, and on a real clip where there is one."""

import cv2
import numpy as np
import pytest

from device.vision import eye_cascade
from device.vision.eye_cascade import CascadeError, CascadeEyeReader, load_cascade
from device.vision.geometry import Box


def test_a_face_without_anything_like_an_eye_is_unknown():
    flat = np.full((300, 300), 120, np.uint8)
    reading = CascadeEyeReader().read(flat, Box(0.2, 0.2, 0.6, 0.7))
    assert (reading.state, reading.open) == ("unknown", 0)


def test_a_face_too_small_is_not_judged():
    noise = np.random.default_rng(0).integers(0, 255, (480, 640)).astype(np.uint8)
    assert CascadeEyeReader().read(noise, Box(0.5, 0.5, 0.03, 0.05)).state == "unknown"


@pytest.mark.parametrize("box", [Box(-0.2, -0.2, 0.6, 0.8), Box(0.7, 0.6, 0.6, 0.8)])
def test_a_box_that_leaves_the_frame_is_read_inside_it(box):
    noise = np.random.default_rng(0).integers(0, 255, (480, 640)).astype(np.uint8)
    assert CascadeEyeReader().read(noise, box).state in {"open", "closed", "unknown"}


def test_open_eyes_of_a_real_face_are_seen_and_eyes_covered_are_not(data_folder):
    capture = cv2.VideoCapture(str(data_folder / "clips" / "pyfeat_single_face.mp4"))
    got, picture = capture.read()
    capture.release()
    assert got
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    face = Box(0.40, 0.29, 0.19, 0.46)
    assert CascadeEyeReader().read(gray, face).open == 2
    height, width = gray.shape
    gray[int(0.35 * height) : int(0.60 * height), int(0.36 * width) : int(0.62 * width)] = 90
    assert CascadeEyeReader().read(gray, face).state == "unknown"


def test_a_missing_cascade_is_named_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(eye_cascade.cv2.data, "haarcascades", str(tmp_path))
    with pytest.raises(CascadeError, match=r"haarcascade_eye\.xml does not exist.*method: network"):
        load_cascade("haarcascade_eye.xml")
