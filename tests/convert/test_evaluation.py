import numpy as np
import pytest

from convert.smile.evaluation import expected_weight, measure_smiling, measure_votes
from convert.smile.evaluation_picture import draw_evaluation, worst_mistakes
from tests.convert.conftest import drawn_faces

VOTES = np.array([0, 2, 5, 7, 10, 10, 0, 9])


def certain(classes):
    return np.eye(4)[classes] * 0.96 + 0.01


def test_a_perfect_network_has_perfect_figures():
    measured = measure_votes(certain([0, 0, 1, 2, 3, 3, 0, 3]), VOTES, rounds=50)
    assert measured.figures["accuracy"] == 1
    assert measured.figures["macro_f1"] == 1
    assert measured.figures["smiling_auc"] == 1
    assert measured.confusion.trace() == len(VOTES)


def test_one_mistake_shows_where_it_is():
    measured = measure_votes(certain([0, 0, 0, 2, 3, 3, 0, 3]), VOTES, rounds=50)
    assert measured.figures["accuracy"] == pytest.approx(7 / 8)
    assert measured.figures["recall_mild"] == 0
    assert measured.confusion[1, 0] == 1
    low, high = measured.intervals["accuracy"]
    assert low < 7 / 8 <= high


def test_the_expected_weight_is_the_mean_of_the_weights():
    assert expected_weight(np.array([[0.5, 0, 0, 0.5]])) == pytest.approx([0.6])


def test_smiling_is_whatever_is_not_none():
    smiling = np.array([False, True, True, False])
    measured = measure_smiling(certain([0, 1, 3, 2]), smiling, rounds=50)
    assert measured.figures["smiling_accuracy"] == 0.75
    assert measured.figures["smiling_auc"] == 0.75


def test_the_worst_mistakes_come_first():
    probabilities = np.array([[0.9, 0.1, 0, 0], [0.6, 0.4, 0, 0], [0.2, 0.8, 0, 0]])
    assert worst_mistakes(probabilities, np.array([1, 1, 1])).tolist() == [0, 1]


def test_the_picture_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    faces = drawn_faces(20)
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(4), len(faces))
    file = tmp_path / "out" / "picture.png"
    draw_evaluation(file, "a test", probabilities, faces.classes, faces.images)
    assert file.read_bytes().startswith(b"\x89PNG")
