"""Faces are cut out square, upright, tight, and whole even at the edge of the picture."""

import cv2
import numpy as np
import pytest

from device.vision.crop import SQUARE_OF_BOX_HEIGHT, smile_crop, to_network_size
from device.vision.geometry import Box

BOX = Box(0.3, 0.2, 0.25, 0.4)


@pytest.fixture
def ramp():
    """Gray levels that rise from left to right; (300, 400)."""
    return np.tile(np.linspace(0, 255, 400, dtype=np.uint8), (300, 1))


@pytest.mark.parametrize("size_px", [48, 64, 96, 112, 224])
def test_a_crop_is_square_and_gray_at_any_size(collins, collins_box, size_px):
    crop = smile_crop(collins, collins_box, size_px)
    assert crop.shape == (size_px, size_px)
    assert crop.dtype == np.uint8


def test_gray_and_colour_pictures_give_the_same_face(collins, collins_box):
    gray = cv2.cvtColor(collins, cv2.COLOR_BGR2GRAY)
    of_colour = smile_crop(collins, collins_box, 96)
    of_gray = smile_crop(gray, collins_box, 96)
    assert np.abs(of_colour.astype(int) - of_gray).max() <= 1


def test_the_square_stands_on_the_middle_of_the_box(ramp):
    crop = smile_crop(ramp, BOX, 96)
    # The box is centred at 0.425 of 400 px; levels rise by 255 / 399 a pixel.
    assert abs(crop.mean() - 0.425 * 400 * 255 / 399) < 1.5
    side_px = SQUARE_OF_BOX_HEIGHT * 0.4 * 300
    span = float(crop[48, -1]) - float(crop[48, 0])
    assert abs(span - side_px * 255 / 399) < 4


@pytest.mark.parametrize(
    "box",
    [
        Box(-0.1, -0.1, 0.2, 0.3),
        Box(0.9, 0.8, 0.2, 0.3),
        Box(0, 0, 1, 1),
        Box(0.999, 0.999, 0.001, 0.001),
        Box(0.5, 0.5, 0, 0),
        Box(1, 1, 0.1, 0.5),
        Box(-0.5, -0.9, 0.1, 0.5),
    ],
)
def test_a_face_beyond_the_edge_is_filled_up_from_it(ramp, box):
    crop = smile_crop(ramp, box, 96)
    assert crop.shape == (96, 96)


def test_what_lies_outside_repeats_the_edge(ramp):
    crop = smile_crop(ramp, Box(0.8, 0.2, 0.4, 0.6), 96)
    assert crop[:, -10:].min() >= 250


def test_the_picture_is_left_as_it_was(collins, collins_box):
    before = collins.copy()
    smile_crop(collins, collins_box, 96)
    assert np.array_equal(before, collins)


def test_a_face_of_fer_plus_keeps_its_pixels_before_it_is_enlarged():
    face = np.random.default_rng(0).integers(0, 255, (48, 48), dtype=np.uint8)
    assert np.array_equal(to_network_size(face, 48), face)
    enlarged = to_network_size(face, 96)
    assert np.array_equal(enlarged, cv2.resize(face, (96, 96), interpolation=cv2.INTER_LINEAR))


def test_a_crisp_face_is_no_crisper_than_the_network_has_seen():
    crisp = np.random.default_rng(0).integers(0, 255, (200, 200), dtype=np.uint8)
    soft = cv2.resize(crisp, (56, 56), interpolation=cv2.INTER_AREA)
    expected = cv2.resize(soft, (224, 224), interpolation=cv2.INTER_LINEAR)
    assert np.array_equal(to_network_size(crisp, 224), expected)
