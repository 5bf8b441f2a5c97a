import numpy as np
import pytest

from convert.smile.vote_targets import count_targets, emotion_targets, predictive_votes


def test_when_all_faces_are_alike_other_voters_say_what_all_faces_say():
    votes = np.random.default_rng(0).binomial(10, 0.3, 4000)
    predicted = predictive_votes(votes)
    assert predicted.sum(axis=1) == pytest.approx(np.ones(11), abs=1e-4)
    # Whatever this face's voters said, the next ten are expected to give three votes.
    assert (predicted @ np.arange(11))[2:6] == pytest.approx([3] * 4, abs=0.4)


def test_when_faces_are_clearly_one_or_the_other_the_votes_are_believed():
    votes = np.repeat([0, 10], 500)
    expected = predictive_votes(votes) @ np.arange(11)
    assert expected[0] < 0.3
    assert expected[10] > 9.7


def test_targets_are_distributions_that_keep_half_of_the_actual_votes():
    votes = np.random.default_rng(0).integers(0, 11, 500)
    targets = count_targets(votes)
    assert targets.sum(axis=1) == pytest.approx(np.ones(500), abs=1e-4)
    assert (targets[np.arange(500), votes] >= 0.5).all()


def test_emotion_targets_are_shares():
    votes = np.array([[4, 0, 1, 0, 0, 0, 0, 0, 0, 0]], np.uint8)
    assert emotion_targets(votes)[0, :3].tolist() == pytest.approx([0.8, 0, 0.2])
