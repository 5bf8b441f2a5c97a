"""The rating formula, by example and by property."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.vision.geometry import Box
from device.vision.rating import (
    SMILE_LABELS,
    SMILE_WEIGHTS,
    EyeReading,
    FaceReading,
    SmileReading,
    open_eye_ratio,
    rate,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BOX = Box(0.1, 0.1, 0.2, 0.3)
OPEN = EyeReading("open", 2)
ONE = EyeReading("open", 1)
CLOSED = EyeReading("closed", 0)
UNKNOWN = EyeReading("unknown", 0)


def smile(label):
    """A reading that is certain of one class."""
    return SmileReading(tuple(float(label == name) for name in SMILE_LABELS))


def face(label="huge", eyes=OPEN):
    return FaceReading(BOX, 0.99, 30.0, smile(label), eyes)


def rated(*faces, **options):
    return rate(faces, frame=0, time=NOW, **options)


probabilities = st.lists(st.floats(0, 1), min_size=4, max_size=4).map(tuple)
eye_readings = st.sampled_from([OPEN, ONE, CLOSED, UNKNOWN])
face_readings = st.builds(
    FaceReading,
    st.just(BOX),
    st.floats(0, 1),
    st.floats(0, 100),
    st.builds(SmileReading, probabilities),
    eye_readings,
)


def test_a_frame_without_faces_scores_nothing():
    rating = rated()
    assert (rating.score, rating.expected_score, rating.smile, rating.open_eye_ratio) == (0,) * 4
    assert not rating.smiling
    assert not rating.eyes_open


@pytest.mark.parametrize(
    ("label", "eyes", "score"),
    [
        ("huge", OPEN, 1.0),
        ("huge", ONE, 0.9),
        ("huge", CLOSED, 0.8),
        ("moderate", OPEN, 0.76),
        ("mild", OPEN, 0.6),
        ("none", OPEN, 0.36),
        ("none", CLOSED, 0.16),
    ],
)
def test_one_face_scores_by_the_formula(label, eyes, score):
    assert rated(face(label, eyes)).score == pytest.approx(score, abs=1e-12)


def test_a_perfect_face_scores_exactly_one():
    assert rated(face()).score == 1.0
    assert rated(face()).shown_score == 10.0


def test_people_are_shown_ten_times_the_score_with_one_decimal():
    assert rated(face("moderate", OPEN), face("none", CLOSED)).shown_score == 4.6


def test_the_weights_are_the_users():
    assert dict(zip(SMILE_LABELS, SMILE_WEIGHTS, strict=True)) == {
        "none": 0.2,
        "mild": 0.5,
        "moderate": 0.7,
        "huge": 1.0,
    }


def test_smiling_begins_at_an_average_of_four_tenths_whatever_the_order_of_the_faces():
    """0.2 three times and 1.0 average to 0.4; plain addition would depend on the order."""
    for labels in permutations(["none", "none", "none", "huge"]):
        rating = rated(*(face(label) for label in labels))
        assert rating.smile == 0.4
        assert rating.smiling
    assert not rated(face("none"), face("mild")).smiling


def test_eyes_count_as_open_from_four_fifths():
    four_of_five = [face()] * 4 + [face(eyes=CLOSED)]
    assert rated(*four_of_five).eyes_open
    assert not rated(*[face()] * 3, face(eyes=CLOSED)).eyes_open


def test_the_label_is_the_most_probable_class_and_the_weaker_where_two_tie():
    assert SmileReading((0.1, 0.2, 0.3, 0.4)).label == "huge"
    assert SmileReading((0.4, 0.4, 0.1, 0.1)).label == "none"


def test_the_expected_score_tells_apart_frames_that_tie():
    sure = FaceReading(BOX, 0.9, 1.0, SmileReading((0.0, 0.0, 0.1, 0.9)), OPEN)
    unsure = FaceReading(BOX, 0.9, 1.0, SmileReading((0.2, 0.1, 0.2, 0.5)), OPEN)
    assert rated(sure).score == rated(unsure).score == 1.0
    assert rated(sure).expected_score > rated(unsure).expected_score


def test_an_unknown_pair_neither_earns_nor_costs():
    assert open_eye_ratio([OPEN, UNKNOWN]) == open_eye_ratio([OPEN]) == 1.0
    assert open_eye_ratio([CLOSED, UNKNOWN]) == 0.0


def test_where_no_eyes_are_known_the_ratio_is_the_middle_and_not_called_open():
    rating = rated(face(eyes=UNKNOWN))
    assert rating.open_eye_ratio == 0.5
    assert not rating.eyes_open


def test_unknown_eyes_can_count_as_open_or_as_closed():
    assert open_eye_ratio([CLOSED, UNKNOWN], "open") == 0.5
    assert open_eye_ratio([OPEN, UNKNOWN], "closed") == 0.5


@pytest.mark.parametrize(
    ("state", "count"), [("open", 0), ("open", 3), ("closed", 1), ("unknown", 2)]
)
def test_eyes_that_cannot_be_are_refused(state, count):
    with pytest.raises(ValueError, match="eyes cannot be"):
        EyeReading(state, count)


@given(st.lists(face_readings, max_size=12), st.sampled_from(["neutral", "open", "closed"]))
def test_every_score_obeys_the_formula_and_its_bounds(faces, unknown):
    rating = rated(*faces, unknown_eyes=unknown)
    assert 0 <= rating.score <= 1
    assert 0 <= rating.expected_score <= 1
    assert rating.score == 0.8 * rating.smile + 0.2 * rating.open_eye_ratio
    assert rating.smiling == (rating.smile >= 0.4)
    assert rating.eyes_open == (rating.open_eye_ratio >= 0.8)


@given(st.lists(face_readings, min_size=1, max_size=8))
def test_with_known_eyes_the_ratio_is_half_the_open_eyes_per_face(faces):
    known = [f for f in faces if f.eyes.state != "unknown"]
    if known:
        expected = 0.5 * sum(f.eyes.open for f in known) / len(known)
        assert rated(*known).open_eye_ratio == pytest.approx(expected)


@given(st.lists(face_readings, min_size=1, max_size=6), st.randoms())
def test_the_order_of_faces_does_not_matter(faces, random):
    shuffled = list(faces)
    random.shuffle(shuffled)
    first, second = rated(*faces), rated(*shuffled)
    assert (first.score, first.expected_score) == (second.score, second.expected_score)


@given(probabilities)
def test_a_smile_is_worth_no_less_than_none_and_no_more_than_huge(values):
    reading = SmileReading(values)
    assert reading.weight in SMILE_WEIGHTS
    assert 0.2 - 1e-9 <= reading.expected_weight <= 1.0 + 1e-9
