import numpy as np

from convert.smile.training_faces import TrainingFaces
from tests.convert.conftest import drawn_faces

FACES = drawn_faces(50).of_split("Training")


def faces(balance=0.0):
    return TrainingFaces.of(FACES, balance=balance, seed=3, augment=1.0)


def batches(source, first, last, worker=0, workers=1):
    return list(source.batches(32, 0, first, last, 8, worker, workers))


def test_an_interrupted_run_sees_the_same_batches_as_one_that_goes_through():
    through, resumed = batches(faces(), 0, 6), batches(faces(), 4, 6)
    for whole, rest in zip(through[4:], resumed, strict=True):
        assert all((a == b).all() for a, b in zip(whole, rest, strict=True))


def test_workers_share_a_batch_between_them():
    whole = batches(faces(), 0, 1)[0]
    parts = [batches(faces(), 0, 1, worker, 2)[0] for worker in range(2)]
    assert [len(part[0]) for part in parts] == [4, 4]
    together = np.concatenate([part[1] for part in parts])
    assert sorted(map(tuple, together)) == sorted(map(tuple, whole[1]))


def test_an_epoch_shows_every_face_once():
    source = faces()
    drawn = np.concatenate([source._drawn(0, step, 10) for step in range(5)])
    assert sorted(drawn) == list(range(50))


def test_balance_draws_rare_classes_as_often_as_common_ones():
    classes = FACES.classes
    balanced = faces(balance=1.0)
    drawn = np.concatenate([balanced._drawn(0, step, 50) for step in range(80)])
    shares = np.bincount(classes[drawn], minlength=4) / len(drawn)
    assert np.ptp(shares) < 0.06
