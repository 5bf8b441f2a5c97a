"""The capturing thread, whose every way to end reaches the reader."""

import logging
import threading
import time

import numpy as np
import pytest

from device.camera.capture_session import MAX_UNREADABLE_IN_A_ROW, CaptureSession
from device.camera.frame import CameraError, CameraStalledError


class Capture:
    """A capture that grabs what it is told; `None` stands for an unreadable frame."""

    def __init__(self, frames, hang=None):
        self.frames = list(frames)
        self.hang = hang
        self.now = None
        self.released = 0

    def grab(self):
        time.sleep(0.005)
        if not self.frames:
            if self.hang is not None:
                self.hang.wait(10)
            return False
        self.now = self.frames.pop(0)
        return True

    def retrieve(self):
        if isinstance(self.now, Exception):
            raise self.now
        return self.now is not None, self.now

    def release(self):
        self.released += 1


PICTURE = np.zeros((2, 2, 3), np.uint8)


def until_error(session):
    while True:
        session.take(5)


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        ([PICTURE], "cam gives no more frames: the connection ended or stalled"),
        ([None] * MAX_UNREADABLE_IN_A_ROW, "cam: 30 damaged frames in a row"),
        ([PICTURE, RuntimeError("native trouble")], "cam failed: native trouble"),
    ],
)
def test_the_reader_learns_why_it_ended_and_the_capture_is_released(frames, sentence):
    capture = Capture(frames)
    session = CaptureSession("cam", lambda: capture)
    with pytest.raises(CameraError, match=sentence):
        until_error(session)
    session.close(5)
    assert capture.released == 1


@pytest.mark.parametrize("error", [CameraError("cam is busy"), ValueError("odd")])
def test_a_failed_opening_reaches_the_reader(error):
    def start():
        raise error

    session = CaptureSession("cam", start)
    with pytest.raises(CameraError, match=str(error)):
        session.take(5)
    session.close(5)


def test_single_damaged_frames_do_no_harm():
    capture = Capture([None, PICTURE, None, None], hang=threading.Event())
    session = CaptureSession("cam", lambda: capture)
    assert session.take(5).index == 0
    capture.hang.set()
    session.close(5)


def test_a_stall_is_told_in_time():
    hang = threading.Event()
    session = CaptureSession("cam", lambda: Capture([], hang))
    with pytest.raises(CameraStalledError, match=r"cam gave no frame within 0\.1 s"):
        session.take(0.1)
    hang.set()
    session.close(5)


def test_a_thread_that_hangs_is_left_behind_with_a_line_in_the_log(caplog):
    caplog.set_level(logging.WARNING)
    hang = threading.Event()
    session = CaptureSession("cam", lambda: Capture([], hang))
    started_s = time.monotonic()
    session.close(0.1)
    assert time.monotonic() - started_s < 2
    assert [record.getMessage() for record in caplog.records] == [
        "cam does not close; its capture thread is left behind"
    ]
    hang.set()
    session.close(5)
