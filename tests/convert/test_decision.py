import numpy as np
import pytest

from convert.quantization.folded_network import Dense
from convert.smile.decision import (
    Decision,
    Lift,
    Trade,
    choose_lift,
    fit_temperature,
    softmax,
    trades,
)

SHARES = np.array([0.6, 0.07, 0.07, 0.26])
TRUTH = np.random.default_rng(0).choice(4, 4000, p=SHARES)


def calibrated_logits(truth, noise=1.2, seed=1):
    """Logits of a network that sees the truth through noise and knows the priors."""
    random = np.random.default_rng(seed)
    seen = np.eye(4)[truth] + random.normal(0, noise / 2, (len(truth), 4))
    return seen * (2 / noise) ** 2 + np.log(SHARES)


def test_the_decision_folds_into_the_last_layer():
    random = np.random.default_rng(0)
    features = random.normal(size=(5, 8)).astype(np.float32)
    dense = Dense(random.normal(size=(8, 4)).astype(np.float32), np.arange(4, dtype=np.float32))
    decision = Decision(1.7, Lift(0.4, 0.7))
    folded = decision.folded_into(dense)
    wanted = decision.apply(features @ dense.kernel + dense.bias)
    assert softmax(features @ folded.kernel + folded.bias) == pytest.approx(wanted, abs=1e-6)


def test_the_temperature_that_was_put_in_is_found():
    logits = calibrated_logits(TRUTH)
    fitted = fit_temperature(logits, TRUTH)
    assert fit_temperature(2.0 * logits, TRUTH) == pytest.approx(2 * fitted, rel=0.06)


def test_lifting_a_class_finds_more_of_it_and_costs_accuracy():
    options = {t.lift: t for t in trades(calibrated_logits(TRUTH), TRUTH, (0.0, 0.5, 1.0))}
    plain, mild = options[Lift(0.0, 0.0)], options[Lift(1.0, 0.0)]
    assert mild.recall_mild > plain.recall_mild
    assert mild.recall_moderate <= plain.recall_moderate
    assert options[Lift(1.0, 1.0)].accuracy < plain.accuracy
    assert options[Lift(0.5, 0.5)].macro_f1 > plain.macro_f1


OPTIONS = [
    Trade(Lift(0.0, 0.0), 0.870, 0.55, 0.20, 0.05),
    Trade(Lift(0.5, 0.5), 0.868, 0.62, 0.30, 0.30),
    Trade(Lift(1.0, 0.5), 0.860, 0.61, 0.40, 0.25),
    Trade(Lift(1.0, 1.0), 0.850, 0.65, 0.45, 0.45),
]


def test_the_lift_is_the_best_that_can_be_afforded():
    assert choose_lift(OPTIONS, accuracy_price=0.0) == Lift(0.0, 0.0)
    assert choose_lift(OPTIONS, accuracy_price=0.005) == Lift(0.5, 0.5)
    assert choose_lift(OPTIONS, accuracy_price=0.05) == Lift(1.0, 1.0)


def test_recalls_that_must_be_reached_come_before_the_price():
    assert choose_lift(OPTIONS, 0.005, least_recall=(0.35, 0.2)) == Lift(1.0, 0.5)
    assert choose_lift(OPTIONS, 0.005, least_recall=(0.9, 0.4)) == Lift(1.0, 1.0)
