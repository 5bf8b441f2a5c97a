"""Faces keep their numbers from frame to frame, within bounds."""

from device.vision.geometry import Box
from device.vision.tracking import FORGET_AFTER_S, MAX_TRACKS, FaceTracker

LEFT = Box(0.1, 0.2, 0.2, 0.3)
RIGHT = Box(0.6, 0.2, 0.2, 0.3)


def moved(box, dx, dy=0.0):
    return Box(box.x + dx, box.y + dy, box.width, box.height)


def test_a_moving_face_keeps_its_number():
    tracker = FaceTracker()
    (first,) = tracker.update(0.0, [LEFT])
    for step in range(1, 20):
        assert tracker.update(step / 30, [moved(LEFT, 0.02 * step)]) == (first,)


def test_two_faces_listed_in_another_order_keep_theirs():
    tracker = FaceTracker()
    left, right = tracker.update(0.0, [LEFT, RIGHT])
    assert left != right
    assert tracker.update(0.1, [RIGHT, LEFT]) == (right, left)


def test_a_new_face_gets_a_new_number():
    tracker = FaceTracker()
    (left,) = tracker.update(0.0, [LEFT])
    kept, new = tracker.update(0.1, [LEFT, RIGHT])
    assert kept == left
    assert new != left


def test_a_face_missed_for_a_moment_is_the_same_again():
    tracker = FaceTracker()
    (left,) = tracker.update(0.0, [LEFT])
    assert tracker.update(0.1, []) == ()
    assert tracker.update(0.1 + FORGET_AFTER_S / 2, [LEFT]) == (left,)


def test_a_face_gone_for_long_is_forgotten():
    tracker = FaceTracker()
    (left,) = tracker.update(0.0, [LEFT])
    (again,) = tracker.update(FORGET_AFTER_S + 0.1, [LEFT])
    assert again != left


def test_a_clock_that_goes_back_starts_afresh():
    tracker = FaceTracker()
    (left,) = tracker.update(100.0, [LEFT])
    (again,) = tracker.update(0.0, [LEFT])
    assert again != left


def test_two_boxes_on_one_face_do_not_share_its_number():
    tracker = FaceTracker()
    (left,) = tracker.update(0.0, [LEFT])
    near, far = tracker.update(0.1, [moved(LEFT, 0.01), moved(LEFT, 0.05)])
    assert near == left
    assert far != left


def test_only_so_many_faces_are_remembered():
    tracker = FaceTracker()
    for frame in range(3 * MAX_TRACKS):
        tracker.update(frame * 1e-4, [Box(frame / 200, 0, 0.001, 0.001)])
    assert len(tracker.known_ids) == MAX_TRACKS
