import numpy as np

from convert.smile.evaluation import measure_smiling, measure_votes
from convert.smile.group_figures import figures_by_group

COUNT = 80
HALVES = {"left": np.arange(COUNT) < COUNT / 2, "right": np.arange(COUNT) >= COUNT / 2}
VOTES = np.tile([0, 10], COUNT // 2)


def answers(right: np.ndarray) -> np.ndarray:
    """Probabilities that are right for the faces in `right` and the reverse for the others."""
    huge = np.where(right, VOTES == 10, VOTES != 10)
    return np.column_stack([1 - huge, np.zeros((COUNT, 2)), huge]).astype(np.float64)


def test_each_group_has_its_own_figures():
    found = answers(HALVES["left"])
    left, right = figures_by_group(
        lambda mask: measure_votes(found[mask], VOTES[mask], rounds=20), HALVES
    )
    assert (left.name, left.faces) == ("left", 40)
    assert left.figures == {"accuracy": 1.0, "smiling_auc": 1.0}
    assert right.figures == {"accuracy": 0.0, "smiling_auc": 0.0}


def test_groups_too_small_to_say_anything_are_left_out():
    groups = {**HALVES, "few": np.arange(COUNT) < 10}
    said, smiling = answers(HALVES["left"]), VOTES == 10
    found = figures_by_group(
        lambda mask: measure_smiling(said[mask], smiling[mask], rounds=20), groups
    )
    assert [group.name for group in found] == ["left", "right"]
    assert found[0].to_json()["figures"]["smiling_accuracy"]["value"] == 1.0
