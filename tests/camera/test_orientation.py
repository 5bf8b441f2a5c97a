"""Turning and mirroring."""

import numpy as np
import pytest

from device.camera.orientation import Orientation

# A B    as one channel of a 2 x 2 picture
# C D
PICTURE = np.array([[[1], [2]], [[3], [4]]], np.uint8).repeat(3, axis=2)


@pytest.mark.parametrize(
    ("rotation", "flip", "expected"),
    [
        (0, "none", [[1, 2], [3, 4]]),
        (90, "none", [[3, 1], [4, 2]]),  # clockwise: the lower left corner comes to the top left
        (180, "none", [[4, 3], [2, 1]]),
        (270, "none", [[2, 4], [1, 3]]),
        (0, "horizontal", [[2, 1], [4, 3]]),
        (0, "vertical", [[3, 4], [1, 2]]),
        (90, "horizontal", [[1, 3], [2, 4]]),  # the mirroring comes after the rotation
    ],
)
def test_pictures_are_turned_clockwise_then_mirrored(rotation, flip, expected):
    turned = Orientation(rotation, flip).apply(PICTURE)
    assert turned[:, :, 0].tolist() == expected


def test_nothing_to_do_costs_no_copy():
    assert Orientation().apply(PICTURE) is PICTURE


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (4, 3)), (90, (3, 4)), (180, (4, 3)), (270, (3, 4))]
)
def test_the_upright_size(rotation, size):
    assert Orientation(rotation).size(4, 3) == size
    assert Orientation(rotation).apply(np.zeros((3, 4, 3), np.uint8)).shape[1::-1] == size
