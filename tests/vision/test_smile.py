"""Smiles are rated by a real network, and its outputs are put into the order of the rating."""

import numpy as np
import pytest

from device.vision.crop import smile_crop
from device.vision.manifest import Manifest
from device.vision.smile import SmileClassifier
from device.vision.tflite import ModelError, TensorSpec, TfliteModel

LABELS = ("none", "mild", "moderate", "huge")


@pytest.fixture(scope="module")
def classifier(models_folder):
    manifest = Manifest.load(models_folder)
    model = TfliteModel(manifest.verified_file("smile"))
    return SmileClassifier(model, manifest.entry("smile").labels)


class Answering:
    """A model that gives a fixed answer, to prove what is done with it."""

    def __init__(self, answer, dtype=np.uint8, scale=1.0, zero_point=0, shape=(1, 8, 8, 3)):
        self.path = type("Named", (), {"name": "fixed.tflite"})
        self.input = TensorSpec(shape, np.dtype(dtype), scale, zero_point)
        self.output = TensorSpec((1, len(answer)), np.dtype(np.float32), 0.0, 0)
        self.answer = np.array([answer], np.float32)

    @property
    def input_size(self):
        return self.input.shape[1:3]

    def run(self, batch):
        self.seen = batch.copy()
        return self.answer


def face(level=100, size_px=8):
    return np.full((size_px, size_px), level, np.uint8)


def test_the_portraits_are_told_apart(classifier, collins, collins_box, hopper, hopper_box):
    size_px = classifier.input_size_px
    smiling, serious = classifier.classify(
        [smile_crop(collins, collins_box, size_px), smile_crop(hopper, hopper_box, size_px)]
    )
    assert smiling.label == "huge"
    assert serious.label == "none"
    assert smiling.expected_weight > 0.85
    assert serious.expected_weight < 0.4
    assert abs(sum(smiling.probabilities) - 1) < 1e-9


def test_no_faces_give_no_readings(classifier):
    assert classifier.classify([]) == ()


def test_a_face_is_rated_the_same_alone_and_among_others(classifier, collins, collins_box):
    crop = smile_crop(collins, collins_box, classifier.input_size_px)
    assert classifier.classify([crop[:, ::-1].copy(), crop])[1] == classifier.classify([crop])[0]


def test_outputs_in_another_order_are_put_in_order():
    model = Answering([0.6, 0.25, 0.1, 0.05])
    (reading,) = SmileClassifier(model, ("huge", "mild", "moderate", "none")).classify([face()])
    assert reading.probabilities == pytest.approx((0.05, 0.25, 0.1, 0.6), abs=1e-6)
    assert reading.label == "huge"


def test_logits_become_probabilities():
    (reading,) = SmileClassifier(Answering([-2.0, 0.0, 1.0, 5.0]), LABELS).classify([face()])
    assert sum(reading.probabilities) == pytest.approx(1)
    assert reading.label == "huge"
    assert min(reading.probabilities) > 0


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "stored"),
    [(np.uint8, 1.0, 0, 100), (np.int8, 1.0, -128, -28), (np.float32, 0.0, 0, 100.0)],
)
def test_gray_is_stored_as_the_input_wants_it(dtype, scale, zero_point, stored):
    model = Answering([1, 0, 0, 0], dtype, scale, zero_point)
    SmileClassifier(model, LABELS).classify([face(100)])
    assert model.seen.dtype == dtype
    assert (model.seen == stored).all()


def test_a_network_of_one_channel_is_fed_one():
    model = Answering([1, 0, 0, 0], shape=(1, 8, 8, 1))
    SmileClassifier(model, LABELS).classify([face()])
    assert model.seen.shape == (1, 8, 8, 1)


@pytest.mark.parametrize("labels", [(), ("none", "mild"), ("no", "mild", "moderate", "huge")])
def test_wrong_labels_are_refused(labels):
    with pytest.raises(ModelError, match="a smile network has none, mild, moderate, huge"):
        SmileClassifier(Answering([1, 0, 0, 0]), labels)


def test_a_network_of_another_kind_is_refused():
    with pytest.raises(ModelError, match="has 3 outputs"):
        SmileClassifier(Answering([1, 0, 0]), LABELS)
    with pytest.raises(ModelError, match="takes a square"):
        SmileClassifier(Answering([1, 0, 0, 0], shape=(1, 8, 6, 3)), LABELS)


def test_a_face_of_the_wrong_size_is_refused(classifier):
    with pytest.raises(ModelError, match=r"it was given \(8, 8\) uint8"):
        classifier.classify([face()])
