import numpy as np

from convert.faces.official_files import read_votes
from convert.faces.seed_subset import OFFICIAL_PRIVATE_NONE, seed_subset
from convert.faces.smile_classes import classes_of, smile_votes
from tests.convert.conftest import LABELS_CSV, needs


def test_a_third_of_none_is_dropped_and_nothing_else():
    is_none = np.arange(900) % 3 > 0
    kept = seed_subset(is_none)
    assert kept[~is_none].all()
    assert (~kept).sum() == 200


def test_rows_behind_those_at_hand_change_only_which_are_drawn():
    is_none = np.ones(300, bool)
    dropped = (~seed_subset(is_none, missing_none=600)).sum()
    assert 60 < dropped < 140


def test_the_official_labels_give_the_seeds_own_counts():
    rows = [row for row in read_votes(needs(LABELS_CSV)) if row.name]
    is_none = classes_of(smile_votes(np.array([row.votes for row in rows]))) == 0
    kept = seed_subset(is_none, missing_none=OFFICIAL_PRIVATE_NONE)
    training = np.array([row.usage == "Training" for row in rows])
    assert (kept & training).sum() == 22867
    assert (kept & ~training).sum() == 2876
    # The rest of the draw falls on PrivateTest: 3,574 faces there less 701 are the seed's 2,873.
    drawn = round((is_none.sum() + OFFICIAL_PRIVATE_NONE) / 3)
    assert drawn - (~kept).sum() == 701
