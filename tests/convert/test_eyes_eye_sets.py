"""Nobody is on both sides of the split."""

import numpy as np

from convert.eyes.eye_sets import cew_person, group_similar, load_cew, load_eyes96


def test_photos_of_one_person_are_one_person():
    assert cew_person("Aaron_Guiel_0001.jpg_face_1") == "Aaron_Guiel"
    assert cew_person("Aaron_Guiel_0002.jpg_face_3") == "Aaron_Guiel"


def test_closed_eyes_are_one_person_a_photo():
    assert cew_person("closed_eye_0002.jpg_face_2") == "closed_eye_0002"
    assert cew_person("closed_eye_0002.jpg_face_2") != cew_person("closed_eye_0003.jpg_face_2")


def test_look_alikes_and_mirror_images_are_grouped():
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 255, (2, 96, 96)).astype(np.uint8)
    # Coarse structure, which is what is compared.
    one, other = (
        np.kron(image[:16, :16], np.ones((6, 6))).astype(np.uint8) for image in (one, other)
    )
    groups = group_similar(np.stack([one, other, one[:, ::-1], one // 2 + 40]))
    assert groups[0] == groups[2] == groups[3]
    assert groups[1] != groups[0]


def test_the_parts_of_the_real_sets_share_no_person_and_lose_no_patch(data_folder):
    for patches in (load_cew(data_folder), load_eyes96(data_folder)):
        training, testing = patches.part(test=False), patches.part(test=True)
        assert not set(training.person) & set(testing.person)
        assert len(training) + len(testing) == len(patches)
        assert 0.1 < len(testing) / len(patches) < 0.3
        assert 0.3 < testing.is_open.mean() < 0.7
