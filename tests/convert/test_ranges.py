import numpy as np
import pytest

from convert.quantization.ranges import identity, least_error, rounded, swish, widest


def test_the_widest_range_holds_every_value_and_zero():
    assert widest(np.array([2.0, 5.0], np.float32)) == (0.0, 5.0)
    assert widest(np.array([-3.0, -1.0], np.float32))[0] == -3.0


def test_rounding_is_exact_on_the_grid_and_saturates_outside():
    span = (-1.0, 254.0)
    values = np.array([-1.0, 0.0, 7.0, 254.0, 300.0, -9.0])
    assert rounded(values, span).tolist() == [-1.0, 0.0, 7.0, 254.0, 254.0, -1.0]


def test_a_searched_range_is_never_worse_than_the_widest():
    values = np.random.default_rng(0).standard_t(3, 20_000).astype(np.float32)

    def error(span):
        return float(((rounded(values, span) - values) ** 2).mean())

    assert error(least_error(values, identity)) <= error(widest(values))


def test_before_a_swish_very_negative_values_need_no_steps():
    values = np.random.default_rng(0).uniform(-80, 20, 20_000).astype(np.float32)
    low, high = least_error(values, swish)
    assert -12 < low < -2
    assert high == pytest.approx(20, abs=2)
