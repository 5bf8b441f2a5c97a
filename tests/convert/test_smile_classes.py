import numpy as np

from convert.faces.smile_classes import classes_of, smile_votes, votes_to_classes_matrix


def votes(happiness: int, surprise: int, neutral: int) -> list[int]:
    return [neutral, happiness, surprise, 0, 0, 0, 0, 0, 0, 0]


def test_happiness_and_surprise_are_smile_votes():
    assert smile_votes(np.array([votes(3, 4, 3)])).tolist() == [7]


def test_votes_that_are_not_ten_are_scaled_to_ten():
    assert smile_votes(np.array([votes(9, 0, 0), votes(4, 0, 5), votes(0, 0, 0)])).tolist() == [
        10,
        4,
        0,
    ]


def test_the_classes_follow_the_bins_of_the_design():
    assert classes_of(np.arange(11)).tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3]
    assert (votes_to_classes_matrix().argmax(axis=1) == classes_of(np.arange(11))).all()
