"""Sharpness ranks as a photographer would, whatever the size, light and noise."""

import cv2
import numpy as np
import pytest

from device.vision.sharpness import sharpness


@pytest.fixture(scope="module", params=["collins", "hopper"])
def face(request, collins, collins_box, hopper, hopper_box):
    picture, box = {"collins": (collins, collins_box), "hopper": (hopper, hopper_box)}[
        request.param
    ]
    x0, y0, x1, y1 = box.to_pixels(picture.shape[1], picture.shape[0])
    return cv2.cvtColor(picture[y0:y1, x0:x1], cv2.COLOR_BGR2GRAY)


def moved(face, length_px, along="x"):
    kernel = np.full((1, length_px), 1 / length_px, np.float32)
    return cv2.filter2D(face, -1, kernel if along == "x" else kernel.T)


def defocused(face, diameter_px):
    kernel = np.zeros((diameter_px, diameter_px), np.float32)
    cv2.circle(kernel, (diameter_px // 2, diameter_px // 2), diameter_px // 2, 1, -1)
    return cv2.filter2D(face, -1, kernel / kernel.sum())


def noisy(face):
    noise = np.random.default_rng(3).normal(0, 6, face.shape)
    return np.clip(face + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("along", ["x", "y"])
@pytest.mark.parametrize("extent", [0.05, 0.1])
def test_sharp_beats_moved_beats_defocused(face, along, extent):
    blur_px = int(extent * face.shape[0]) | 1
    moving = sharpness(moved(face, blur_px, along))
    assert sharpness(face) > moving > sharpness(defocused(face, blur_px))


def test_noise_does_not_pass_for_sharpness(face):
    blurred = defocused(face, int(0.1 * face.shape[0]) | 1)
    assert sharpness(noisy(blurred)) < sharpness(face)
    assert sharpness(noisy(blurred)) < sharpness(noisy(face))


def test_a_stronger_blur_is_less_sharp(face):
    values = [sharpness(defocused(face, diameter)) for diameter in (3, 7, 11, 17, 25)]
    assert values == sorted(values, reverse=True)


def test_size_hardly_matters(face):
    large = cv2.resize(face, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    assert sharpness(large) == pytest.approx(sharpness(face), rel=0.35)


def test_light_hardly_matters(face):
    dim = (face * 0.6 + 20).astype(np.uint8)
    assert sharpness(dim) == pytest.approx(sharpness(face), rel=0.15)


def test_nothing_is_not_sharp():
    assert sharpness(np.full((100, 80), 128, np.uint8)) == 0
    assert sharpness(np.full((5, 5), 128, np.uint8)) == 0
    assert sharpness(np.zeros((0, 0), np.uint8)) == 0
