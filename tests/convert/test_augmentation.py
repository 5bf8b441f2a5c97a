import numpy as np
import pytest

from convert.smile.augmentation import augmented
from tests.convert.conftest import drawn_faces

FACE = drawn_faces(1).images[0]


@pytest.mark.parametrize("resolution", [32, 96])
def test_faces_keep_size_type_and_range(resolution):
    random = np.random.default_rng(0)
    for _ in range(60):
        face = augmented(FACE, resolution, random)
        assert face.shape == (resolution, resolution)
        assert face.dtype == np.float32
        assert face.min() >= 0
        assert face.max() <= 255


def test_the_same_chance_gives_the_same_face_and_another_another():
    first = augmented(FACE, 48, np.random.default_rng(5))
    assert (augmented(FACE, 48, np.random.default_rng(5)) == first).all()
    assert (augmented(FACE, 48, np.random.default_rng(6)) != first).any()


def test_without_strength_only_mirrors_are_left():
    seen = {augmented(FACE, 48, np.random.default_rng(s), 0.0).round().tobytes() for s in range(30)}
    assert FACE.astype(np.float32).tobytes() in seen
    assert len(seen) <= 4  # mirrored or not, by either way of interpolating
