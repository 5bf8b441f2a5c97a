"""Learning from networks that are trained already."""

from pathlib import Path

import numpy as np
import pytest

from convert.errors import ConfigurationError
from convert.faces.smile_classes import votes_to_classes_matrix
from convert.smile.teaching import _NEEDED, Lesson, Teacher, lesson_of, parse_teaching
from convert.smile.training_faces import TrainingFaces
from tests.convert.conftest import drawn_faces

FACES = drawn_faces(12).of_split("Training")


def logits(images, seed):
    random = np.random.default_rng([seed, int(images.sum())])
    return tuple(random.normal(0, 2, (len(images), size)) for size in (4, 11, 10))


@pytest.fixture
def asked(monkeypatch):
    """Networks that answer at random, but alike for alike pictures; and what they were asked."""
    monkeypatch.setattr(
        "convert.smile.teaching.read_weights_file",
        lambda file: dict.fromkeys(_NEEDED, int(file.name)),
    )
    questions = []

    def ask(weights, images, side):
        questions.append((weights["stem_conv/kernel"], images, side))
        return logits(images, weights["stem_conv/kernel"])

    ask.questions = questions
    return ask


def softmax(values):
    powers = np.exp(values)
    return powers / powers.sum(axis=1, keepdims=True)


def test_every_teacher_sees_both_sides_of_every_face_at_its_own_resolution(asked, tmp_path):
    lesson_of(
        [Teacher(Path("1"), 96), Teacher(Path("2"), 64)],
        FACES.images,
        asked,
        tmp_path / "lesson.npz",
    )
    assert [(seed, side) for seed, _, side in asked.questions] == [
        (1, 96),
        (1, 96),
        (2, 64),
        (2, 64),
    ]
    straight, mirrored = (images for _, images, _ in asked.questions[:2])
    assert (mirrored == straight[:, :, ::-1]).all()


def test_the_lesson_is_the_average_of_what_was_said(asked, tmp_path):
    lesson = lesson_of(
        [Teacher(Path("1"), 96), Teacher(Path("2"), 64)], FACES.images, asked, tmp_path / "l.npz"
    )
    said = [logits(images, seed) for seed, images, _ in asked.questions]
    classes = np.mean([softmax(smile) for smile, _, _ in said], axis=0)
    emotions = np.mean([softmax(emotion) for _, _, emotion in said], axis=0)
    np.testing.assert_allclose(lesson.counts @ votes_to_classes_matrix(), classes, atol=1e-5)
    np.testing.assert_allclose(lesson.counts.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(lesson.emotions, emotions, atol=1e-5)


def test_within_a_class_the_vote_counts_are_as_likely_as_the_count_head_says(asked, tmp_path):
    lesson = lesson_of(
        [Teacher(Path("1"), 96)], FACES.images[:1] * 0, asked, tmp_path / "lesson.npz"
    )
    _, images, _ = asked.questions[0]
    count = softmax(logits(images, 1)[1])
    # An all-black face is its own mirror image, so both answers are the same.
    np.testing.assert_allclose(
        lesson.counts[0, 4] / lesson.counts[0, 5], count[0, 4] / count[0, 5], rtol=1e-4
    )


def test_a_resumed_run_does_not_ask_again(asked, tmp_path):
    first = lesson_of([Teacher(Path("1"), 96)], FACES.images, asked, tmp_path / "lesson.npz")
    asked.questions.clear()
    again = lesson_of([Teacher(Path("1"), 96)], FACES.images, asked, tmp_path / "lesson.npz")
    assert not asked.questions
    assert (first.counts == again.counts).all()
    assert (first.emotions == again.emotions).all()


def test_the_targets_are_votes_and_lesson_in_the_given_shares():
    faces = TrainingFaces.of(FACES, balance=0.0, seed=1, augment=0.0)
    lesson = Lesson(np.full((12, 11), 1 / 11, np.float32), np.full((12, 10), 0.1, np.float32))
    taught = faces.taught(lesson, 0.25)
    np.testing.assert_allclose(taught.counts, 0.75 * faces.counts + 0.25 / 11, atol=1e-6)
    np.testing.assert_allclose(taught.emotions, 0.75 * faces.emotions + 0.025, atol=1e-6)
    assert taught.images is faces.images


@pytest.mark.parametrize("text", ["", "96", "best.weights.h5", "best.weights.h5:", "a:b", "a:16"])
def test_a_malformed_teacher_is_refused(text):
    with pytest.raises(ConfigurationError, match="FILE:SIDE"):
        parse_teaching([text], 0.5)


def test_a_missing_teacher_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nobody\.weights\.h5 does not exist"):
        parse_teaching([f"{tmp_path}/nobody.weights.h5:96"], 0.5)


def test_a_teacher_is_a_file_and_its_resolution(tmp_path):
    file = tmp_path / "best.weights.h5"
    file.touch()
    assert parse_teaching([f"{file}:96"], 0.5).teachers == (Teacher(file, 96),)


def test_a_share_that_is_none_is_refused():
    with pytest.raises(ConfigurationError, match=r"--teacher-share is 1\.5"):
        parse_teaching([], 1.5)


def test_a_network_without_the_three_heads_cannot_teach(monkeypatch, tmp_path):
    monkeypatch.setattr(
        "convert.smile.teaching.read_weights_file",
        lambda _: dict.fromkeys(["stem_conv/kernel", "top_conv/kernel", "smile/kernel"], 0),
    )
    with pytest.raises(ConfigurationError, match="lacks count/kernel, emotion/kernel"):
        lesson_of([Teacher(Path("1"), 96)], FACES.images, logits, tmp_path / "lesson.npz")


def test_a_lesson_about_other_faces_is_not_taken_for_this_one(asked, tmp_path):
    lesson_of([Teacher(Path("1"), 96)], FACES.images[:5], asked, tmp_path / "lesson.npz")
    again = lesson_of([Teacher(Path("1"), 96)], FACES.images, asked, tmp_path / "lesson.npz")
    assert len(again.counts) == len(FACES.images)
