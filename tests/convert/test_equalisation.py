import numpy as np
import pytest

from tests.convert.random_network import random_network

tf = pytest.importorskip("tensorflow")

from convert.quantization.equalisation import with_equal_chains, with_split_gates  # noqa: E402
from convert.quantization.float_graph import logits  # noqa: E402
from convert.quantization.ladder import channel_sizes  # noqa: E402

SIDE = 32


@pytest.fixture(scope="module")
def network():
    return random_network(SIDE)


@pytest.fixture(scope="module")
def faces():
    return np.random.default_rng(3).integers(0, 256, (4, SIDE, SIDE, 3), np.uint8)


def answers(network, faces):
    return logits(network, tf.constant(faces.astype(np.float32))).numpy()


def test_equalising_changes_the_channels_but_not_the_answers(network, faces):
    sizes = channel_sizes(network, faces)
    equal = with_equal_chains(network, sizes, 1.0)
    split = with_split_gates(equal, sizes, ("stem", "block1a/depthwise", "block2a/expand"))
    expected = answers(network, faces)
    tolerance = 1e-3 * float(np.abs(expected).max())
    assert answers(equal, faces) == pytest.approx(expected, abs=tolerance)
    assert answers(split, faces) == pytest.approx(expected, abs=tolerance)
    before = sizes["block2b/add"]
    after = channel_sizes(equal, faces)["block2b/add"]
    assert after.max() / after.min() < before.max() / before.min()


def test_a_split_gate_makes_the_channels_of_the_stem_alike(network, faces):
    sizes = channel_sizes(network, faces)
    split = with_split_gates(network, sizes, ("stem",))
    before, after = sizes["stem/swish"], channel_sizes(split, faces)["stem/swish"]
    assert after.max() / np.median(after) < 1.2 < before.max() / np.median(before)
