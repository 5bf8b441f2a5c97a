"""Frames per second over the last seconds."""

import pytest

from device.daemon.frame_rate import FrameRateMeter


def test_ten_frames_a_second_are_ten():
    meter = FrameRateMeter()
    for i in range(41):
        meter.add(i / 10, 0.02)
    assert meter.per_second(4.0) == pytest.approx(10)
    assert meter.rating_ms(4.0) == pytest.approx(20)


def test_a_camera_that_stopped_shows():
    meter = FrameRateMeter()
    for i in range(10):
        meter.add(i / 10, 0.02)
    assert meter.per_second(3.0) < 4
    assert meter.per_second(60.0) == 0
    assert meter.rating_ms(60.0) == 0


def test_one_frame_makes_no_rate():
    meter = FrameRateMeter()
    meter.add(0, 0.1)
    assert meter.per_second(0.1) == 0
