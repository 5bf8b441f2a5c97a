"""Every face of a video has its own smoothed eyes."""

from device.config.eyes import EyesSettings
from device.vision.eye_history import EyeHistory
from device.vision.geometry import Box
from device.vision.rating import EyeReading, FaceReading, SmileReading
from device.vision.tracking import MAX_TRACKS

LEFT, RIGHT = Box(0.1, 0.2, 0.2, 0.3), Box(0.6, 0.2, 0.2, 0.3)
OPEN, CLOSED = EyeReading("open", 2, 0.98), EyeReading("closed", 0, 0.02)
DOUBTFUL = EyeReading("open", 2, 0.55)


def face(box, eyes):
    return FaceReading(box, 0.9, 10.0, SmileReading((0.1, 0.1, 0.1, 0.7)), eyes)


def test_each_face_has_a_history_of_its_own():
    history = EyeHistory(EyesSettings())
    history.update(0.0, (face(LEFT, CLOSED), face(RIGHT, OPEN)))
    left, right = history.update(0.03, (face(LEFT, DOUBTFUL), face(RIGHT, OPEN)))
    assert (left.eyes.state, right.eyes.state) == ("closed", "open")
    left, right = history.update(0.06, (face(LEFT, DOUBTFUL), face(RIGHT, CLOSED)))
    assert (left.eyes.state, right.eyes.state) == ("open", "closed")


def test_nothing_but_the_eyes_changes():
    history = EyeHistory(EyesSettings())
    history.update(0.0, (face(LEFT, OPEN),))
    given = face(LEFT, DOUBTFUL)
    (shown,) = history.update(0.03, (given,))
    assert (shown.box, shown.confidence, shown.smile) == (given.box, given.confidence, given.smile)


def test_smoothing_can_be_switched_off():
    history = EyeHistory(EyesSettings(smoothing=False))
    history.update(0.0, (face(LEFT, CLOSED),))
    assert history.update(0.03, (face(LEFT, DOUBTFUL),))[0].eyes == DOUBTFUL


def test_faces_come_and_go_for_months_without_memory_growing():
    history = EyeHistory(EyesSettings())
    for frame in range(4 * MAX_TRACKS):
        history.update(frame * 1e-3, (face(Box(frame / 300, 0, 0.001, 0.001), OPEN),))
    assert len(history._smoothers) <= MAX_TRACKS
