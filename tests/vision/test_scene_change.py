"""What counts as something happening besides the people already known."""

import numpy as np
import pytest

from device.vision.geometry import Box
from device.vision.scene_change import SceneChange

FACE = Box(0.4, 0.3, 0.15, 0.2)


def room(seed=0, level=0):
    """A gray room with a camera's noise."""
    random = np.random.default_rng(seed)
    columns = np.linspace(40, 160, 640)[np.newaxis, :, np.newaxis]
    noisy = columns + random.normal(level, 6, (480, 640, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.fixture
def scene():
    remembered = SceneChange()
    remembered.remember(room(), [FACE])
    return remembered


def test_the_first_picture_is_a_change():
    assert SceneChange().is_notable(room(), [])


def test_noise_is_no_change(scene):
    assert not scene.is_notable(room(seed=1), [FACE])


def test_a_lamp_that_flickers_is_no_change(scene):
    assert not scene.is_notable(room(seed=1, level=20), [FACE])


def test_a_newcomer_at_the_other_end_is_a_change(scene):
    picture = room(seed=1)
    picture[200:250, 30:70] = 200
    assert scene.is_notable(picture, [FACE])


def test_the_known_person_may_move(scene):
    picture = room(seed=1)
    picture[150:480, 250:370] = 220
    assert not scene.is_notable(picture, [FACE])


def test_whoever_appears_where_nobody_was_known_is_a_change():
    scene = SceneChange()
    scene.remember(room(), [])
    picture = room(seed=1)
    picture[150:480, 250:370] = 220
    assert scene.is_notable(picture, [])


def test_after_forgetting_everything_is_a_change(scene):
    scene.forget()
    assert scene.is_notable(room(), [FACE])
