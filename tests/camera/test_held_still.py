"""A held picture: upright when read, gone when released."""

import gc
import weakref

import numpy as np
import pytest

from device.camera.frame import CameraError
from device.camera.held_still import HeldStill
from device.camera.orientation import Orientation


def test_it_is_read_upright_as_often_as_wanted():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    still = HeldStill(lambda: picture, Orientation(180))
    for _ in range(2):
        assert np.array_equal(still.read(), picture[::-1, ::-1])


def test_releasing_frees_the_picture_and_is_idempotent():
    class Buffer:
        picture = np.zeros((1, 1, 3), np.uint8)

    buffer = Buffer()
    gone = weakref.ref(buffer)
    still = HeldStill(lambda held=buffer: held.picture)
    del buffer
    gc.collect()
    assert gone() is not None
    still.release()
    still.release()
    gc.collect()
    assert gone() is None
    with pytest.raises(CameraError, match="released before it was read"):
        still.read()
