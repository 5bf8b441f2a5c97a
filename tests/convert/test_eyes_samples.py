"""What the networks are taught is what the pictures show."""

import numpy as np
import pytest

from convert.eyes.degrade import degrade
from convert.eyes.eye_sets import EyePatchSet
from convert.eyes.face_set import FaceSet
from convert.eyes.locator_samples import locator_sample, pick_face
from convert.eyes.occlusion import draw_spectacles, draw_sunglasses
from convert.eyes.state_samples import (
    CLOSED,
    HIDDEN,
    OPEN,
    StateSampler,
    StateSources,
    natural_eye,
    natural_rows,
)


@pytest.fixture
def faces():
    """Grey faces that are nothing but two white eyes, the left one larger."""
    rng = np.random.default_rng(0)
    count, side = 12, 64
    images = np.full((count, side, side), 90, np.uint8)
    eyes = np.empty((count, 2, 2), np.float32)
    for row in range(count):
        left = np.array([22, 28]) + rng.integers(-2, 3, 2)
        right = left + np.array([20, int(rng.integers(-3, 4))])
        eyes[row] = left + 0.5, right + 0.5
        images[row, left[1] - 1 : left[1] + 2, left[0] - 1 : left[0] + 2] = 255
        images[row, right[1] - 1 : right[1] + 2, right[0] - 1 : right[0] + 2] = 255
    angles = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    oval = np.stack([32 + 22 * np.cos(angles), 38 + 28 * np.sin(angles)], 1).astype(np.float32)
    openness = np.full((count, 2, 2), 0.3, np.float32)
    openness[:4] = 0.05
    openness[4:6] = 0.13
    return FaceSet(images, eyes, np.tile(oval, (count, 1, 1)), openness)


def test_targets_of_the_locator_lie_on_the_eyes(faces):
    rng = np.random.default_rng(1)
    for _ in range(30):
        crop, target = locator_sample(pick_face(faces, rng), rng, plain=True)
        for x, y in target.reshape(2, 2):
            column, row = int(x * 64), int(y * 64)
            around = crop[row - 2 : row + 3, column - 2 : column + 3]
            assert around.max() == crop.max()
        assert target[0] < target[2]


def test_training_samples_of_the_locator_are_standardised_and_in_reach(faces):
    rng = np.random.default_rng(2)
    targets = []
    for _ in range(60):
        crop, target = locator_sample(pick_face(faces, rng), rng)
        assert crop.shape == (64, 64)
        assert np.isfinite(crop).all()
        assert abs(crop).max() <= 3
        targets.append(target)
    assert np.min(targets) > 0
    assert np.max(targets) < 1


def test_only_eyes_that_are_clearly_either_are_taken_as_labels(faces):
    assert {row for row, _ in natural_rows(faces, CLOSED)} == {0, 1, 2, 3}
    assert {row for row, _ in natural_rows(faces, OPEN)} == set(range(6, 12))


def test_a_natural_eye_is_cut_with_the_eye_in_its_middle(faces):
    patch = natural_eye(faces, 7, 0).patch(None)
    assert patch[13:19, 13:19].max() == patch.max()


def test_the_sampler_draws_every_class(faces):
    patches = EyePatchSet(
        np.random.default_rng(0).integers(0, 255, (8, 24, 24)).astype(np.uint8),
        np.arange(8) % 2 == 0,
        np.array([str(n) for n in range(8)]),
    )
    sampler = StateSampler(StateSources((patches,), (faces,)))
    rng = np.random.default_rng(3)
    drawn = [sampler.draw(rng) for _ in range(200)]
    assert {label for _, label in drawn} == {CLOSED, OPEN, HIDDEN}
    assert all(np.isfinite(image).all() and image.shape == (32, 32) for image, _ in drawn)


def test_sunglasses_hide_the_eyes_and_spectacles_do_not(faces):
    rng = np.random.default_rng(4)
    hidden, seen = faces.images[7].copy(), faces.images[7].copy()
    eyes = faces.eyes[7]
    x, y = (int(value) for value in eyes[0])
    draw_sunglasses(hidden, eyes, rng)
    draw_spectacles(seen, eyes, rng)
    assert (
        hidden[y - 1 : y + 2, x - 1 : x + 2] != faces.images[7][y - 1 : y + 2, x - 1 : x + 2]
    ).all()
    assert (seen != faces.images[7]).any()


def test_degrading_keeps_the_size_and_changes_the_look():
    crop = np.random.default_rng(5).integers(0, 255, (32, 32)).astype(np.uint8)
    results = [degrade(crop, (9, 44), np.random.default_rng(seed)) for seed in range(20)]
    assert all(result.shape == (32, 32) and result.dtype == np.uint8 for result in results)
    assert len({result.tobytes() for result in results}) == 20
