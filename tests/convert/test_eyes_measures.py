"""How states are compared with labels."""

import pytest

from convert.eyes.measures import balanced_accuracy, compare_states

O, C, U = "open", "closed", "unknown"


def test_perfect_states_have_a_balanced_accuracy_of_one():
    labels = [O] * 10 + [C] * 4 + [O] * 10
    assert compare_states(labels, labels, 0).balanced_accuracy == 1


def test_saying_open_always_earns_half_with_any_tolerance():
    labels = [O] * 10 + [C] * 2 + [O] * 10
    assert compare_states(labels, [O] * 22, 2).balanced_accuracy == 0.5


def test_saying_closed_always_earns_nothing_far_from_blinks():
    labels = [O] * 20 + [C] * 2 + [O] * 18
    figures = compare_states(labels, [C] * 40, 2)
    assert figures.closed_recall == 1
    assert figures.open_recall == pytest.approx(4 / 38)


@pytest.mark.parametrize(("shift", "accuracy"), [(0, 1.0), (2, 1.0)])
def test_a_blink_seen_two_frames_late_is_forgiven(shift, accuracy):
    labels = [O] * 10 + [C] * 4 + [O] * 10
    shifted = [O] * (10 + shift) + [C] * 4 + [O] * (10 - shift)
    assert compare_states(labels, shifted, 2).balanced_accuracy == accuracy


def test_a_blink_seen_five_frames_late_is_not():
    labels = [O] * 10 + [C] * 4 + [O] * 10
    shifted = [O] * 15 + [C] * 4 + [O] * 5
    assert compare_states(labels, shifted, 2).balanced_accuracy < 0.8


def test_unknown_is_never_right_and_is_counted():
    figures = compare_states([O, O, C, C], [U] * 4, 2)
    assert (figures.closed_recall, figures.open_recall, figures.unknown_share) == (0, 0, 1)


def test_frames_without_a_label_are_left_out():
    assert compare_states([U, O, C], [C, O, C], 0).frames == 2


def test_balanced_accuracy_weighs_both_kinds_alike():
    assert balanced_accuracy([True] * 9 + [False], [True] * 10) == 0.5
