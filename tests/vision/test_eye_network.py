"""Two eyes' evidence becomes one reading."""

from math import exp

import pytest

from device.config.eyes import EyesSettings
from device.vision.eye_network import decide
from device.vision.eye_state import EyeEvidence

SETTINGS = EyesSettings(open_threshold=0.5)


def eye(log_odds, hidden=0.01, contrast=30.0):
    return EyeEvidence(log_odds, hidden, contrast)


def test_two_open_eyes_are_open_with_their_probability():
    reading = decide((eye(3.0), eye(1.0)), SETTINGS)
    assert (reading.state, reading.open) == ("open", 2)
    assert reading.probability == pytest.approx(1 / (1 + exp(-2.0)))


def test_two_closed_eyes_are_closed():
    reading = decide((eye(-3.0), eye(-1.0)), SETTINGS)
    assert (reading.state, reading.open) == ("closed", 0)
    assert reading.probability == pytest.approx(1 / (1 + exp(2.0)))


def test_a_clear_eye_settles_a_doubtful_one():
    assert decide((eye(4.0), eye(-0.5)), SETTINGS).open == 2
    assert decide((eye(0.5), eye(-4.0)), SETTINGS).open == 0


def test_a_wink_is_one_open_eye():
    reading = decide((eye(4.0), eye(-4.0)), SETTINGS)
    assert (reading.state, reading.open) == ("open", 1)


def test_a_hidden_eye_is_left_out():
    assert decide((eye(-4.0, hidden=0.99), eye(2.0)), SETTINGS).open == 2


@pytest.mark.parametrize("unseen", [eye(5.0, hidden=0.99), eye(5.0, contrast=0.5)])
def test_without_an_eye_to_be_seen_the_state_is_unknown(unseen):
    reading = decide((unseen, unseen), SETTINGS)
    assert (reading.state, reading.open, reading.probability) == ("unknown", 0, None)


def test_the_threshold_moves_the_decision():
    doubtful = (eye(0.8), eye(0.8))
    assert decide(doubtful, SETTINGS).state == "open"
    assert decide(doubtful, EyesSettings(open_threshold=0.8)).state == "closed"


def test_extreme_evidence_stays_a_probability():
    assert decide((eye(500.0), eye(500.0)), SETTINGS).probability <= 1
    assert decide((eye(-500.0), eye(-500.0)), SETTINGS).probability >= 0
