from itertools import pairwise

import pytest

from convert.errors import ConfigurationError
from convert.smile.stages import parse_stages, worker_share


def test_stages_follow_one_another_with_falling_rates():
    first, second = parse_stages("96:6,224:0.5", 1e-3, 0.4)
    assert (first.resolution, first.epochs, first.learning_rate) == (96, 6.0, 1e-3)
    assert (second.resolution, second.epochs) == (224, 0.5)
    assert second.learning_rate == pytest.approx(4e-4)


def test_a_stage_warms_up_then_falls_to_a_small_rate():
    (stage,) = parse_stages("96:1", 1e-3, 1.0)
    rates = [stage.rate_at(step, 5000) for step in range(5000)]
    assert rates[0] < rates[100] < rates[199]
    assert max(rates) == pytest.approx(1e-3)
    assert rates[-1] < 1e-4
    assert all(a >= b for a, b in pairwise(rates[200:]))


@pytest.mark.parametrize("text", ["96", "96:x", "16:2", "96:0", "96:1,,"])
def test_malformed_stages_are_refused(text):
    with pytest.raises(ConfigurationError, match="--stages has"):
        parse_stages(text, 1e-3, 0.4)


def test_a_batch_must_be_shared_evenly():
    assert worker_share(64, 4) == 16
    with pytest.raises(ConfigurationError, match="multiple of 3"):
        worker_share(64, 3)
