"""Noise in the eye state goes; a blink is never early and late by one frame at most."""

from hypothesis import given
from hypothesis import strategies as st

from device.vision.eye_smoothing import USUAL_OVER_S, EyeSmoother
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


def test_lids_that_come_down_are_believed_at_once():
    assert states([OPEN, HARDLY_CLOSED, CLOSED]) == ["open", "closed", "closed"]


def test_a_doubtful_opening_among_closed_frames_is_noise():
    assert states([CLOSED, HARDLY_OPEN, CLOSED]) == ["closed", "closed", "closed"]


def test_a_doubtful_opening_is_believed_with_the_second_frame():
    readings = [CLOSED, HARDLY_OPEN, HARDLY_OPEN, HARDLY_OPEN]
    assert states(readings) == ["closed", "closed", "open", "open"]


def test_a_sudden_fall_of_the_usual_evidence_is_a_blink():
    half_shut = EyeReading("open", 2, 0.75)
    assert states([OPEN] * 15 + [half_shut] + [OPEN] * 3)[14:17] == ["open", "closed", "open"]


def test_a_face_whose_eyes_never_look_wide_open_is_open_all_the_same():
    narrow = EyeReading("open", 2, 0.75)
    assert set(states([narrow] * 60)) == {"open"}


def test_without_a_past_nothing_is_compared():
    assert states([OPEN] * 3 + [EyeReading("open", 2, 0.75)]) == ["open"] * 4


def test_an_old_past_does_not_count():
    smoother = EyeSmoother()
    for n in range(30):
        smoother.update(n * FRAME_S, OPEN)
    later_s = 30 * FRAME_S + 2 * USUAL_OVER_S
    assert smoother.update(later_s, EyeReading("open", 2, 0.75)).state == "open"


def test_a_wink_is_no_blink():
    wink = EyeReading("open", 1, 0.6)
    assert states([OPEN] * 15 + [wink] * 4)[-1] == "open"


def test_one_frame_that_could_not_be_judged_changes_nothing():
    assert states([OPEN, UNKNOWN, OPEN]) == ["open", "open", "open"]


def test_eyes_hidden_for_longer_are_unknown():
    assert states([OPEN, UNKNOWN, UNKNOWN]) == ["open", "open", "unknown"]


def test_few_frames_a_second_are_taken_as_they_are():
    readings = [CLOSED, HARDLY_OPEN, CLOSED, UNKNOWN]
    assert states(readings, frame_s=0.2) == [reading.state for reading in readings]


def test_a_held_reading_keeps_the_probability_of_its_own_frame():
    smoother = EyeSmoother()
    smoother.update(0.0, CLOSED)
    held = smoother.update(FRAME_S, HARDLY_OPEN)
    assert (held.state, held.open, held.probability) == ("closed", 0, 0.55)


@given(
    st.lists(st.sampled_from([OPEN, CLOSED, HARDLY_OPEN, HARDLY_CLOSED, UNKNOWN]), min_size=1),
    st.sampled_from([FRAME_S, 0.1, 0.3]),
)
def test_no_closed_frame_is_ever_shown_open_and_openings_are_late_by_one_at_most(readings, frame_s):
    shown = states(readings, frame_s)
    for n, reading in enumerate(readings):
        if reading.state == "closed":
            assert shown[n] == "closed"
        elif n > 0 and readings[n - 1] == reading == OPEN:
            assert shown[n] == "open"
