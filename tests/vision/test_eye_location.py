"""Crops lie where they say, at every size, tilt and edge."""

import cv2
import numpy as np
import pytest

from device.vision.eye_location import (
    CLIP,
    CROP_CENTRE_Y,
    CROP_SIDE,
    CropSquare,
    EyePair,
    cut_rotated,
    standardise,
)
from device.vision.geometry import Box


def frame_with_dot(x, y, radius=3, size=(480, 640)):
    frame = np.full(size, 100, np.uint8)
    cv2.circle(frame, (round(x), round(y)), radius, 255, -1)
    return frame


def brightest(crop):
    weights = crop.astype(float) - crop.min()
    weights[weights < weights.max() / 2] = 0
    y, x = np.mgrid[: crop.shape[0], : crop.shape[1]]
    return (weights * x).sum() / weights.sum(), (weights * y).sum() / weights.sum()


@pytest.mark.parametrize("side_px", [16.0, 32.0, 50.0, 200.0])
@pytest.mark.parametrize("roll_deg", [-25, 0, 25])
def test_what_lies_at_the_centre_is_at_the_centre_of_the_cut(side_px, roll_deg):
    frame = frame_with_dot(300, 200, radius=max(2, round(side_px / 12)))
    crop = cut_rotated(frame, (300.5, 200.5), side_px, np.deg2rad(roll_deg), 32)
    assert crop.shape == (32, 32)
    assert brightest(crop) == pytest.approx((15.5, 15.5), abs=0.6)


def test_a_tilted_pair_of_eyes_is_cut_upright():
    roll = np.deg2rad(20)
    beside = (300 + 10 * np.cos(roll), 200 + 10 * np.sin(roll))
    crop = cut_rotated(frame_with_dot(*beside, radius=2), (300.0, 200.0), 40.0, roll, 40)
    x, y = brightest(crop)
    assert x == pytest.approx(29.5, abs=1)
    assert y == pytest.approx(19.5, abs=1)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (640.0, 480.0), (-50.0, 200.0), (700.0, 900.0)])
def test_a_cut_that_reaches_outside_the_frame_repeats_its_edge(centre):
    crop = cut_rotated(np.full((480, 640), 77, np.uint8), centre, 100.0, 0.3, 32)
    assert (crop == 77).all()


def test_a_shrunken_cut_averages_instead_of_picking_pixels():
    frame = np.indices((480, 640)).sum(0).astype(np.uint8) % 2 * 255
    crop = cut_rotated(frame.astype(np.uint8), (320.0, 240.0), 320.0, 0.0, 32)
    assert crop.std() < 10


def test_the_search_square_is_measured_by_the_width_of_the_box():
    square = CropSquare.of_box(Box(0.25, 0.5, 0.1, 0.2), 1000, 500)
    assert square.side_px == pytest.approx(CROP_SIDE * 100)
    assert (square.x, square.y) == pytest.approx((300, 250 + CROP_CENTRE_Y * 100))
    assert square.to_frame(0.5, 0.5) == pytest.approx((square.x, square.y))
    assert square.to_frame(0.0, 1.0) == pytest.approx(
        (square.x - square.side_px / 2, square.y + square.side_px / 2)
    )


def test_a_point_of_the_crop_leads_back_to_its_place_in_the_frame():
    frame = frame_with_dot(330, 210)
    square = CropSquare(320.0, 220.0, 120.0)
    x, y = brightest(square.cut(frame, 64))
    assert square.to_frame((x + 0.5) / 64, (y + 0.5) / 64) == pytest.approx((330.5, 210.5), abs=1)


def test_distance_and_tilt_of_a_pair():
    pair = EyePair((10.0, 10.0), (40.0, 50.0))
    assert pair.distance_px == pytest.approx(50)
    assert pair.roll_rad == pytest.approx(np.arctan2(40, 30))


def test_brightness_and_contrast_do_not_reach_the_network():
    rng = np.random.default_rng(0)
    crop = rng.integers(60, 120, (32, 32)).astype(np.uint8)
    assert standardise(crop) == pytest.approx(standardise(crop + 90), abs=1e-4)
    assert standardise(crop) == pytest.approx(standardise(crop * 2), abs=1e-4)
    assert abs(standardise(crop)).max() <= CLIP


def test_a_black_crop_stays_finite_and_flat():
    assert (standardise(np.zeros((32, 32), np.uint8)) == 0).all()
