"""Frames, faces and cameras for the daemon's tests.  No camera is here: these stand in for one."""

from datetime import UTC, datetime, timedelta

import numpy as np

from device.camera.frame import CameraEndedError, CameraInfo, Frame
from device.vision.geometry import Box
from device.vision.rating import SMILE_LABELS, EyeReading, FaceReading, SmileReading

START = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
BOX = Box(0.3, 0.2, 0.3, 0.4)


class CountedStill:
    """A still that knows whether it was read and how often it was given back."""

    def __init__(self, index):
        self.index = index
        self.released = 0
        self.reads = 0

    def read(self):
        self.reads += 1
        return np.full((48, 64, 3), self.index % 256, np.uint8)

    def release(self):
        self.released += 1


def frame(index, rate=15):
    return Frame(
        index=index,
        image=np.full((48, 64, 3), index % 256, np.uint8),
        time=START + timedelta(seconds=index / rate),
        time_s=index / rate,
        still=CountedStill(index),
    )


def face(label="huge", *, eyes_open=2, sharpness=30.0):
    probabilities = tuple(float(label == name) for name in SMILE_LABELS)
    state = "open" if eyes_open else "closed"
    return FaceReading(
        BOX, 0.99, sharpness, SmileReading(probabilities), EyeReading(state, eyes_open)
    )


class ListCamera:
    """Gives the frames of a list, then ends."""

    def __init__(self, frames):
        self._frames = iter(frames)
        self.dropped = 0
        self.closed = False

    def open(self):
        return CameraInfo("list", "test", 64, 48)

    def read(self, timeout_s):
        try:
            return next(self._frames)
        except StopIteration:
            raise CameraEndedError("the list is over") from None

    def close(self):
        self.closed = True


class ScriptedAnalyser:
    """Says of each picture what the script holds for its number."""

    def __init__(self, script):
        self._script = script

    def analyse(self, image):
        return self._script(int(image[0, 0, 0]))


class SameEyes:
    """Smooths nothing."""

    def update(self, time_s, faces):
        return faces
