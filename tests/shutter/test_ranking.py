"""Which of two frames is the better photo."""

from device.shutter.ranking import closed_faces, rank

GRIN = ("huge", "open")
BLINK = ("huge", "closed")


def test_fewer_closed_eyes_come_before_everything_else(look):
    blinking = look(0, GRIN, BLINK, expected=0.99, sharpness=90, size=0.5)
    open_eyed = look(1, ("mild", "open"), ("mild", "open"), expected=0.6, sharpness=5, size=0.1)
    assert rank(open_eyed) > rank(blinking)


def test_the_expected_score_comes_before_sharpness(look):
    assert rank(look(0, GRIN, expected=0.95, sharpness=5)) > rank(
        look(1, GRIN, expected=0.90, sharpness=90)
    )


def test_expected_scores_within_a_step_leave_the_choice_to_sharpness(look):
    assert rank(look(0, GRIN, expected=0.961, sharpness=60)) > rank(
        look(1, GRIN, expected=0.979, sharpness=30)
    )


def test_sharpness_within_a_step_leaves_the_choice_to_the_size_of_the_face(look):
    assert rank(look(0, GRIN, sharpness=30.0, size=0.4)) > rank(
        look(1, GRIN, sharpness=30.1, size=0.2)
    )


def test_a_score_of_exactly_one_is_the_best_step_of_all(look):
    assert rank(look(0, GRIN, expected=1.0))[1] == 50
    assert rank(look(0, GRIN, expected=0.98))[1] == 49


def test_eyes_that_cannot_be_judged_are_not_closed(look):
    assert closed_faces(look(0, ("huge", "unknown"), BLINK, GRIN)) == 1


def test_a_frame_without_a_face_can_be_ranked_for_a_requested_shot(look):
    assert rank(look(0)) < rank(look(1, GRIN))
