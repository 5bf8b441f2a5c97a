import dataclasses

import numpy as np
import pytest

from tests.convert.random_network import random_network

pytest.importorskip("tensorflow")
pytest.importorskip("litert_quantizer")

from convert.errors import ConfigurationError
from convert.quantization.ladder import METHODS, climb, methods_named
from convert.quantization.tflite_graph import read_graph

SIDE = 64
MINIMUM, BEST = "min-max", "split-gates+fit"


@pytest.fixture(scope="module")
def climbed():
    network = random_network(SIDE)
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (56, SIDE // 4, SIDE // 4, 1), np.uint8)
    faces = np.repeat(faces.repeat(4, axis=1).repeat(4, axis=2), 3, axis=3)
    truth = np.zeros(24, np.int64)
    return climb(network, faces[:32], faces[32:], truth, methods_named([MINIMUM, BEST]))


def test_the_best_method_is_kept_and_every_rung_reported(climbed):
    plain, best = climbed.rungs
    assert (plain.method, best.method) == (MINIMUM, BEST)
    assert best.divergence < plain.divergence
    assert best.feature_error < plain.feature_error / 2
    assert climbed.method.name == BEST


def test_the_file_is_integer_throughout_and_takes_and_gives_bytes(climbed):
    graph = read_graph(climbed.model)
    assert graph.float_operators == ()
    first, last = graph.operators[0], graph.operators[-1]
    assert (first.name, last.name) == ("QUANTIZE", "QUANTIZE")
    assert "UINT8" in first.types
    assert "UINT8" in last.types
    assert graph.versions()["CONV_2D"] <= 6  # what tflite-runtime 2.14 has
    twins = sum(operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D") for operator in graph.operators)
    assert twins == 81 + 3


def test_methods_are_known_by_name():
    assert methods_named([]) == METHODS
    with pytest.raises(ConfigurationError, match="no method 'magic'"):
        methods_named(["magic"])
    assert dataclasses.asdict(METHODS[0])["plan"]["search_ranges"] is False
