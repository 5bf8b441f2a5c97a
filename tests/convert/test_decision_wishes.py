"""From the options of `quantize` to a decision."""

from argparse import Namespace

import numpy as np
import pytest

from convert.errors import ConfigurationError
from convert.smile.decision import Decision, Lift
from convert.smile.decision_wishes import DecisionWishes

RANDOM = np.random.default_rng(5)
TRUTH = RANDOM.choice(4, 2000, p=[0.6, 0.1, 0.1, 0.2])
LOGITS = 2.0 * np.eye(4)[TRUTH] + RANDOM.normal(0, 1.2, (2000, 4))


def wishes(temperature="1", lift="0,0", price=0.005, least="0,0"):
    return DecisionWishes.of(
        Namespace(temperature=temperature, lift=lift, accuracy_price=price, least_recall=least)
    )


def never():
    raise AssertionError("nothing has to be found")


def test_given_numbers_are_taken_as_they_are():
    found, tried = wishes("0.9", "0.4,0.3").decide(never, TRUTH)
    assert found == Decision(0.9, Lift(0.4, 0.3))
    assert tried == ()


def test_what_is_not_given_is_found_on_the_held_out_faces():
    found, tried = wishes("auto", "0.4,0.3").decide(lambda: LOGITS, TRUTH)
    assert found.lift == Lift(0.4, 0.3)
    assert found.temperature != 1.0
    assert tried
    found, tried = wishes("1", "auto", price=0.01).decide(lambda: LOGITS, TRUTH)
    assert found.temperature == 1.0
    best = max(option.accuracy for option in tried)
    chosen = next(option for option in tried if option.lift == found.lift)
    assert chosen.accuracy >= best - 0.01


def test_an_even_lift_is_found_where_the_best_pair_is_uneven():
    slanted = LOGITS + np.array([0.0, -1.5, -0.5, 0.0])
    pair, _ = wishes(lift="auto", price=0.0).decide(lambda: slanted, TRUTH)
    assert pair.lift.mild > pair.lift.moderate
    even, _ = wishes(lift="even", price=0.0).decide(lambda: slanted, TRUTH)
    assert even.lift.mild == even.lift.moderate


def test_only_the_defaults_leave_the_logits_alone():
    assert wishes().are_none
    assert not wishes(temperature="auto").are_none
    assert not wishes(lift="auto").are_none
    assert not wishes(lift="0.1,0").are_none


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (wishes(), ""),
        (wishes(lift="0.4,0.4"), "set by hand, with the figures of PublicTest known"),
        (wishes(lift="auto"), "Both lifts were chosen on held-out training faces"),
        (wishes(lift="even"), "One lift for both was chosen on held-out training faces"),
        (wishes(lift="auto", least="0.4,0.2"), "recalls of 0.40 and 0.20. These floors were set"),
    ],
)
def test_the_card_is_told_who_chose(chosen, told):
    assert told in chosen.told()
    assert bool(told) == bool(chosen.told())


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"temperature": "warm"}, "--temperature 'warm'"),
        ({"temperature": "0"}, "more than 0"),
        ({"temperature": "nan"}, "more than 0"),
        ({"lift": "0.4"}, "--lift is '0.4'; two numbers"),
        ({"least": "a,b"}, "--least-recall is 'a,b'; two numbers"),
    ],
)
def test_what_is_no_number_is_named(options, named):
    with pytest.raises(ConfigurationError, match=named):
        wishes(**options)
