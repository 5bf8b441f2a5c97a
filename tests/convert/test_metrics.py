import numpy as np
import pytest

from convert.metrics.bootstrap import bootstrap_intervals
from convert.metrics.classification import confusion_matrix, macro_f1, recalls, reliability_curve
from convert.metrics.ranking import ranks, roc_auc, spearman

TRUTH = np.array([0, 0, 0, 1, 1, 2])
ANSWERS = np.array([0, 0, 1, 1, 0, 2])


def test_the_confusion_matrix_has_truth_in_rows():
    assert confusion_matrix(TRUTH, ANSWERS, 3).tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_recall_and_macro_f1_of_a_small_table():
    matrix = confusion_matrix(TRUTH, ANSWERS, 3)
    assert recalls(matrix) == pytest.approx([2 / 3, 1 / 2, 1])
    assert macro_f1(matrix) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_a_class_without_faces_does_not_count():
    matrix = confusion_matrix(TRUTH, ANSWERS, 4)
    assert np.isnan(recalls(matrix)[3])
    assert macro_f1(matrix) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_calibration_error_is_confidence_less_accuracy():
    probabilities = np.tile([0.8, 0.2], (10, 1))
    truth = np.array([0] * 6 + [1] * 4)
    curve = reliability_curve(truth, probabilities)
    assert curve.expected_calibration_error == pytest.approx(0.2)
    assert curve.count.tolist() == [10]


def test_equal_values_share_their_rank():
    assert ranks(np.array([3, 1, 3, 2])).tolist() == [3.5, 1, 3.5, 2]


def test_spearman_sees_order_only():
    values = np.arange(20.0)
    assert spearman(values, np.exp(values)) == pytest.approx(1)
    assert spearman(values, -values) == pytest.approx(-1)
    assert np.isnan(spearman(values, np.zeros(20)))


def test_area_under_the_curve_counts_pairs():
    positive = np.array([True, True, False, False])
    assert roc_auc(positive, np.array([0.9, 0.4, 0.5, 0.1])) == pytest.approx(0.75)
    assert roc_auc(positive, np.array([0.5, 0.5, 0.5, 0.5])) == pytest.approx(0.5)
    assert np.isnan(roc_auc(np.array([True]), np.array([1.0])))


def test_the_interval_holds_the_mean_and_narrows_with_more_faces():
    widths = []
    for count in (50, 5000):
        values = np.random.default_rng(1).normal(3, 1, count)

        def figures(rows, values=values):
            return {"mean": float(values[rows].mean())}

        low, high = bootstrap_intervals(figures, count, rounds=200)["mean"]
        assert low < 3 < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 5
