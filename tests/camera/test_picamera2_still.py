"""Held pictures and the camera's few buffers.

The buffers here are arrays, standing in for memory that only a Pi has; what is tested is who holds
which, when it is given back, and what can still be read.
"""

import logging
import threading
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from device.camera.frame import CameraError, Image
from device.camera.picamera2_still import Picamera2Still, StillLayout, StillPool
from device.camera.yuv420 import Bytes

WIDTH, HEIGHT, STRIDE = 64, 32, 128


class Buffer:
    """A request whose main picture is one shade of gray; its memory is wiped when it goes back."""

    def __init__(self, shade: int) -> None:
        picture = np.full((HEIGHT, WIDTH, 3), shade, np.uint8)
        yuv = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
        self.pixels: Bytes = np.zeros(STRIDE * HEIGHT * 3 // 2, np.uint8)
        self.pixels[: STRIDE * HEIGHT].reshape(HEIGHT, STRIDE)[:, :WIDTH] = yuv[:HEIGHT]
        chroma = self.pixels[STRIDE * HEIGHT :].reshape(2, HEIGHT // 2, STRIDE // 2)
        chroma[:, :, : WIDTH // 2] = yuv[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
        self.releases = 0
        self.reading = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def release(self) -> None:
        self.releases += 1
        self.pixels[:] = 0

    def __enter__(self) -> Any:
        self.reading.set()
        self.go_on.wait(5)
        return SimpleNamespace(array=self.pixels.reshape(-1, STRIDE))

    def __exit__(self, *_: object) -> None:
        pass


LAYOUT = StillLayout("YUV420", WIDTH, HEIGHT, lambda image: image, lambda request: request)
SMALL: Image = np.full((8, 16, 3), 7, np.uint8)


def lend(pool: StillPool, shade: int) -> tuple[Picamera2Still, Buffer]:
    buffer = Buffer(shade)
    pool.make_room()
    return pool.lend(buffer, LAYOUT, SMALL), buffer


def shade_of(still: Picamera2Still) -> float:
    picture = still.read()
    assert picture.shape == (HEIGHT, WIDTH, 3)
    return float(picture.mean())


def test_a_held_picture_is_read_from_its_buffer_and_gives_it_back_once() -> None:
    pool = StillPool(2, 0)
    still, buffer = lend(pool, 100)
    assert shade_of(still) == pytest.approx(100, abs=2)
    assert still.in_buffer
    still.release()
    still.release()
    assert buffer.releases == 1
    assert len(pool) == 0


def test_a_released_picture_cannot_be_read() -> None:
    still, _ = lend(StillPool(2, 0), 100)
    still.release()
    with pytest.raises(CameraError, match="released"):
        still.read()


def test_when_buffers_run_out_the_picture_held_longest_becomes_a_copy() -> None:
    pool = StillPool(2, 5)
    stills = [lend(pool, shade) for shade in (50, 100, 150, 200)]
    assert [still.in_buffer for still, _ in stills] == [False, False, True, True]
    assert [buffer.releases for _, buffer in stills] == [1, 1, 0, 0]
    shades = [shade_of(still) for still, _ in stills]
    assert shades == pytest.approx([50, 100, 150, 200], abs=2)


def test_the_camera_keeps_its_buffers_whatever_is_held() -> None:
    pool = StillPool(3, 4)
    held = [lend(pool, 10 * n) for n in range(20)]
    assert sum(still.in_buffer for still, _ in held) == 3
    assert sum(still.copied for still, _ in held) == 4


def test_beyond_the_copies_a_picture_is_kept_small_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pool = StillPool(1, 1)
    with caplog.at_level(logging.WARNING):
        stills = [lend(pool, shade)[0] for shade in (50, 100, 150, 200)]
    assert shade_of(stills[0]) == pytest.approx(50, abs=2)
    assert stills[1].read().shape == SMALL.shape
    assert stills[2].read().shape == SMALL.shape
    assert shade_of(stills[3]) == pytest.approx(200, abs=2)
    assert len(caplog.records) == 1


def test_a_released_copy_makes_room_for_another() -> None:
    pool = StillPool(1, 1)
    first, _ = lend(pool, 50)
    second, _ = lend(pool, 100)
    first.release()
    lend(pool, 150)
    assert shade_of(second) == pytest.approx(100, abs=2)


def test_after_closing_held_pictures_can_still_be_read() -> None:
    pool = StillPool(3, 3)
    stills = [lend(pool, shade) for shade in (50, 100)]
    pool.close()
    assert [buffer.releases for _, buffer in stills] == [1, 1]
    assert [shade_of(still) for still, _ in stills] == pytest.approx([50, 100], abs=2)


def test_making_room_does_not_wait_for_a_photo_that_is_being_written() -> None:
    pool = StillPool(2, 2)
    first, first_buffer = lend(pool, 50)
    second, _ = lend(pool, 100)
    first_buffer.go_on.clear()
    reader = threading.Thread(target=first.read)
    reader.start()
    assert first_buffer.reading.wait(5)
    pool.make_room()
    assert first.in_buffer
    assert second.copied
    first_buffer.go_on.set()
    reader.join(5)


def test_a_buffer_that_cannot_be_read_leaves_the_small_picture(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def unmapped(_: object) -> Any:
        raise RuntimeError("failed to find buffer")

    pool = StillPool(1, 5)
    layout = StillLayout("YUV420", WIDTH, HEIGHT, lambda image: image, unmapped)
    still = pool.lend(Buffer(50), layout, SMALL)
    with pytest.raises(CameraError, match="failed to find buffer"):
        still.read()
    pool.make_room()
    assert still.read().shape == SMALL.shape
    assert "only kept small" in caplog.text


def test_a_buffer_that_is_refused_does_not_end_a_shot(caplog: pytest.LogCaptureFixture) -> None:
    buffer = Buffer(50)

    def refuse() -> None:
        raise RuntimeError("CompletedRequest: lock now has negative ref_count")

    buffer.release = refuse  # type: ignore[method-assign]
    pool = StillPool(1, 0)
    pool.lend(buffer, LAYOUT, SMALL).release()
    assert "could not be given back" in caplog.text
