import numpy as np

from convert.faces.conditions import light_groups, pose_groups


def test_thirds_of_brightness_and_contrast_share_the_faces_out():
    images = [np.full((8, 8), level, np.uint8) for level in range(10, 190, 20)]
    for image, spread in zip(images, range(9), strict=True):
        image[::2] += np.uint8(spread)
    groups = light_groups(images)
    assert [int(mask.sum()) for mask in groups.values()] == [3] * 6
    assert groups["dark third"].tolist() == [True] * 3 + [False] * 6
    assert groups["contrasty third"].tolist() == [False] * 6 + [True] * 3


def test_a_head_is_as_turned_as_the_larger_of_yaw_and_pitch():
    pose = np.radians([[0.0, 5.0], [-15.0, 0.0], [0.0, 30.0]])
    groups = pose_groups(pose)
    assert [mask.tolist() for mask in groups.values()] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_a_head_of_unknown_pose_is_in_no_group():
    groups = pose_groups(np.array([[np.nan, 0.0]]))
    assert not any(mask.any() for mask in groups.values())
