"""A face is followed by its looks while it is sure to be the same."""

import cv2
import numpy as np
import pytest

from device.vision.face_follower import FaceFollower
from device.vision.faces import Detection
from device.vision.geometry import Box


@pytest.fixture
def face(detector, hopper):
    (found,) = detector.detect(hopper)
    return found


def moved(picture, x_px, y_px):
    height_px, width_px = picture.shape[:2]
    shift = np.float32([[1, 0, x_px], [0, 1, y_px]])
    return cv2.warpAffine(picture, shift, (width_px, height_px), borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture
def follower(hopper, face):
    following = FaceFollower()
    following.remember(hopper, [face])
    return following


def test_a_face_that_moves_a_little_is_found_where_it_went(follower, hopper, face):
    (found,) = follower.follow(moved(hopper, 12, -8))
    height_px, width_px = hopper.shape[:2]
    expected = Box(
        face.box.x + 12 / width_px, face.box.y - 8 / height_px, face.box.width, face.box.height
    )
    assert found.box.iou(expected) > 0.9
    assert found.confidence == face.confidence


def test_a_face_that_goes_on_moving_is_followed_on(follower, hopper, face):
    for step in range(1, 4):
        (found,) = follower.follow(moved(hopper, 12 * step, 0))
    assert found.box.x == pytest.approx(face.box.x + 36 / hopper.shape[1], abs=0.02)


def test_a_jump_is_not_followed(follower, hopper):
    assert follower.follow(moved(hopper, 150, 0)) is None


def test_a_face_that_is_gone_is_not_followed(follower, hopper):
    assert follower.follow(np.full_like(hopper, 127)) is None


def test_another_face_is_not_taken_for_the_same(follower, hopper):
    assert follower.follow(np.ascontiguousarray(hopper[::-1])) is None


def test_a_face_at_the_border_is_left_to_the_detector(hopper):
    following = FaceFollower()
    following.remember(hopper, [Detection(Box(0.0, 0.3, 0.2, 0.2), 0.9)])
    assert following.follow(hopper) is None


def test_a_plain_wall_is_not_followed():
    wall, following = np.full((480, 640, 3), 90, np.uint8), FaceFollower()
    following.remember(wall, [Detection(Box(0.4, 0.4, 0.2, 0.2), 0.9)])
    assert following.follow(wall) is None


def test_nobody_is_followed_before_anybody_was_seen(hopper):
    assert FaceFollower().follow(hopper) is None
