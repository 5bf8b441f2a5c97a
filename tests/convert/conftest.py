"""Small stand-ins: a set of drawn faces, and a network small enough to train in a test."""

from pathlib import Path

import numpy as np
import pytest

from convert.faces.prepared_set import Faces

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
LABELS_CSV = SHARED / "ferplus" / "fer2013new_train_valid.csv"


def needs(path: Path) -> Path:
    """`path`, or skip where the data is not on this machine."""
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    return path


def drawn_faces(per_split: int = 60, seed: int = 0) -> Faces:
    """Faces that are a bright curve on gray: the more smile votes, the more it bends."""
    random = np.random.default_rng(seed)
    count = 2 * per_split
    smile = random.choice([0, 2, 5, 8, 10], count)
    votes = np.zeros((count, 10), np.uint8)
    votes[:, 1] = smile
    votes[:, 0] = 10 - smile
    across = np.arange(10, 38)
    images = random.integers(90, 110, (count, 48, 48)).astype(np.uint8)
    for image, votes_for_smile in zip(images, smile, strict=True):
        down = 30 - votes_for_smile * ((across - 24) / 14) ** 2
        image[down.astype(int), across] = 250
    split = np.repeat([0, 1], per_split)
    return Faces(images, votes, split, np.arange(count), random.random(count) < 0.8)


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A prepared set of drawn faces on disk."""
    file = tmp_path / "set.npz"
    drawn_faces().save(file)
    return file
