"""Noise in the eye state goes; a blink is never early and late by one frame at most."""

from hypothesis import given
from hypothesis import strategies as st

from device.vision.eye_smoothing import EyeSmoother
from device.vision.rating import EyeReading

FRAME_S = 1 / 30
OPEN, CLOSED = EyeReading("open", 2, 0.98), EyeReading("closed", 0, 0.02)
HARDLY_OPEN, HARDLY_CLOSED = EyeReading("open", 2, 0.55), EyeReading("closed", 0, 0.45)
UNKNOWN = EyeReading("unknown", 0)


def states(readings, frame_s=FRAME_S):
    smoother = EyeSmoother()
    return [smoother.update(n * frame_s, reading).state for n, reading in enumerate(readings)]


def test_the_first_reading_is_believed():
    assert states([HARDLY_CLOSED]) == ["closed"]


def test_a_clear_blink_shows_at_once_and_ends_at_once():
    readings = [OPEN, OPEN, CLOSED, CLOSED, CLOSED, OPEN]
    assert states(readings) == [reading.state for reading in readings]


def test_a_single_doubtful_frame_among_open_ones_is_noise():
    assert states([OPEN, HARDLY_CLOSED, OPEN]) == ["open", "open", "open"]


def test_a_doubtful_change_is_believed_with_the_second_frame():
    readings = [OPEN, HARDLY_CLOSED, HARDLY_CLOSED, HARDLY_CLOSED]
    assert states(readings) == ["open", "open", "closed", "closed"]


def test_one_frame_that_could_not_be_judged_changes_nothing():
    assert states([OPEN, UNKNOWN, OPEN]) == ["open", "open", "open"]


def test_eyes_hidden_for_longer_are_unknown():
    assert states([OPEN, UNKNOWN, UNKNOWN]) == ["open", "open", "unknown"]


def test_few_frames_a_second_are_taken_as_they_are():
    readings = [OPEN, HARDLY_CLOSED, OPEN, UNKNOWN]
    assert states(readings, frame_s=0.2) == [reading.state for reading in readings]


def test_a_held_reading_keeps_the_probability_of_its_own_frame():
    smoother = EyeSmoother()
    smoother.update(0.0, OPEN)
    held = smoother.update(FRAME_S, HARDLY_CLOSED)
    assert (held.state, held.open, held.probability) == ("open", 2, 0.45)


@given(st.lists(st.sampled_from([OPEN, CLOSED, HARDLY_OPEN, HARDLY_CLOSED, UNKNOWN]), min_size=1))
def test_what_is_shown_was_read_in_this_frame_or_the_one_before(readings):
    shown = states(readings)
    for n, state in enumerate(shown):
        before = shown[max(0, n - 1)]
        assert state == readings[n].state or (n > 0 and state == before == readings[n - 1].state)
