"""How states are compared with labels."""

import pytest

from convert.eyes.measures import balanced_accuracy, compare_states

OPEN, SHUT, UNSEEN = "open", "closed", "unknown"


def test_perfect_states_have_a_balanced_accuracy_of_one():
    labels = [OPEN] * 10 + [SHUT] * 4 + [OPEN] * 10
    assert compare_states(labels, labels, 0).balanced_accuracy == 1


def test_saying_open_always_earns_half_with_any_tolerance():
    labels = [OPEN] * 10 + [SHUT] * 2 + [OPEN] * 10
    assert compare_states(labels, [OPEN] * 22, 2).balanced_accuracy == 0.5


def test_saying_closed_always_earns_nothing_far_from_blinks():
    labels = [OPEN] * 20 + [SHUT] * 2 + [OPEN] * 18
    figures = compare_states(labels, [SHUT] * 40, 2)
    assert figures.closed_recall == 1
    assert figures.open_recall == pytest.approx(4 / 38)


@pytest.mark.parametrize(("shift", "accuracy"), [(0, 1.0), (2, 1.0)])
def test_a_blink_seen_two_frames_late_is_forgiven(shift, accuracy):
    labels = [OPEN] * 10 + [SHUT] * 4 + [OPEN] * 10
    shifted = [OPEN] * (10 + shift) + [SHUT] * 4 + [OPEN] * (10 - shift)
    assert compare_states(labels, shifted, 2).balanced_accuracy == accuracy


def test_a_blink_seen_five_frames_late_is_not():
    labels = [OPEN] * 10 + [SHUT] * 4 + [OPEN] * 10
    shifted = [OPEN] * 15 + [SHUT] * 4 + [OPEN] * 5
    assert compare_states(labels, shifted, 2).balanced_accuracy < 0.8


def test_unknown_is_never_right_and_is_counted():
    figures = compare_states([OPEN, OPEN, SHUT, SHUT], [UNSEEN] * 4, 2)
    assert (figures.closed_recall, figures.open_recall, figures.unknown_share) == (0, 0, 1)


def test_frames_without_a_label_are_left_out():
    assert compare_states([UNSEEN, OPEN, SHUT], [SHUT, OPEN, SHUT], 0).frames == 2


def test_balanced_accuracy_weighs_both_kinds_alike():
    assert balanced_accuracy([True] * 9 + [False], [True] * 10) == 0.5
