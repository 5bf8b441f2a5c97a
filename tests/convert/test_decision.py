import numpy as np
import pytest

from convert.quantization.folded_network import Dense
from convert.smile.decision import (
    Decision,
    Trade,
    choose_offset,
    fit_temperature,
    log_priors,
    softmax,
    trades,
)

TRUTH = np.random.default_rng(0).choice(4, 4000, p=[0.6, 0.07, 0.07, 0.26])


def calibrated_logits(truth, noise=1.2, seed=1):
    """Logits of a network that sees the truth through noise and knows the priors."""
    random = np.random.default_rng(seed)
    seen = np.eye(4)[truth] + random.normal(0, noise / 2, (len(truth), 4))
    return seen * (2 / noise) ** 2 + log_priors(truth, 4)


def test_the_decision_folds_into_the_last_layer():
    random = np.random.default_rng(0)
    features = random.normal(size=(5, 8)).astype(np.float32)
    dense = Dense(random.normal(size=(8, 4)).astype(np.float32), np.arange(4, dtype=np.float32))
    decision = Decision(1.7, 0.4, log_priors(TRUTH, 4))
    folded = decision.folded_into(dense)
    wanted = decision.apply(features @ dense.kernel + dense.bias)
    assert softmax(features @ folded.kernel + folded.bias) == pytest.approx(wanted, abs=1e-6)


def test_the_temperature_that_was_put_in_is_found():
    logits = calibrated_logits(TRUTH)
    fitted = fit_temperature(logits, TRUTH)
    assert fit_temperature(2.0 * logits, TRUTH) == pytest.approx(2 * fitted, rel=0.06)


def test_more_offset_finds_more_of_the_rare_classes():
    priors = log_priors(TRUTH, 4)
    options = trades(calibrated_logits(TRUTH), TRUTH, priors, (0.0, 0.5, 1.0))
    assert options[0].accuracy > options[2].accuracy
    assert options[1].macro_f1 > options[0].macro_f1


def test_the_offset_is_the_best_that_can_be_afforded():
    options = [Trade(0.0, 0.87, 0.55), Trade(0.3, 0.868, 0.62), Trade(0.6, 0.85, 0.65)]
    assert choose_offset(options, accuracy_price=0.0) == 0.0
    assert choose_offset(options, accuracy_price=0.005) == 0.3
    assert choose_offset(options, accuracy_price=0.05) == 0.6
