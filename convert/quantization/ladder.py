"""Tries ways of rounding, from the plainest to the most thorough, and keeps the best.

The best is the one whose answers stay closest to the float network's on faces that were not used
for the rounding: the smallest Kullback-Leibler divergence, which is far less noisy than accuracy.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.quantization.equalisation import with_equal_chains, with_split_gates
from convert.quantization.float_graph import activation_names, logits, tensor_names, to_float_tflite
from convert.quantization.folded_network import Array, FoldedNetwork
from convert.quantization.integer_model import SIGMOID_RANGE, to_integer_tflite
from convert.quantization.reconstruction import RoundingPlan, round_network
from device.vision.tflite import TfliteModel

_EARLY = ("stem", "block1a/depthwise", "block2a/expand")
_EARLY_AND_MIDDLE = (
    *_EARLY,
    "block2a/depthwise",
    "block2b/expand",
    "block2b/depthwise",
    "block3a/expand",
)
_FACES_FOR_SIZES = 64
_SIZE_PERCENTILE = 99.9
_SMALLEST_PROBABILITY = 1 / 512


@dataclass(frozen=True)
class Method:
    """One rung of the ladder.

    Attributes:
        name: as reported.
        description: one line for the model card.
        split_gates: which swishes get a twin convolution.
        chain_power: how far linear chains are equalised, 0 to 1.
        plan: how to round.
    """

    name: str
    description: str
    split_gates: tuple[str, ...] = ()
    chain_power: float = 0.0
    plan: RoundingPlan = field(default_factory=RoundingPlan)


METHODS = (
    Method(
        "min-max",
        "ranges from the smallest to the largest value seen",
        plan=RoundingPlan(search_ranges=False),
    ),
    Method("least-error", "ranges of least squared error behind the next operator"),
    Method(
        "split-gates",
        "the first three swishes computed from two convolutions, so that their channels can be "
        "equalised",
        split_gates=_EARLY,
    ),
    Method(
        "split-gates+fit",
        "split gates; every pointwise convolution fitted to the rounded activations it sees",
        split_gates=_EARLY,
        plan=RoundingPlan(correction="weights"),
    ),
    Method(
        "split-gates+chains+fit",
        "split gates; linear bottlenecks equalised half way; layer-wise fitting",
        split_gates=_EARLY,
        chain_power=0.5,
        plan=RoundingPlan(correction="weights"),
    ),
    Method(
        "more-split-gates+chains+fit",
        "seven split gates; linear bottlenecks equalised half way; layer-wise fitting",
        split_gates=_EARLY_AND_MIDDLE,
        chain_power=0.5,
        plan=RoundingPlan(correction="weights"),
    ),
)


@dataclass(frozen=True)
class Rung:
    """What one method gave on the held-out faces.

    Attributes:
        method: its name.
        divergence: mean KL divergence of its probabilities from the float network's, in nats.
        agreement: share of faces with the same answer.
        accuracy: share of right answers, or None without labels.
        feature_error: relative squared error of the features on the representative faces.
    """

    method: str
    divergence: float
    agreement: float
    accuracy: float | None
    feature_error: float

    def to_json(self) -> dict[str, Any]:
        """As reported."""
        return {
            key: round(value, 5) if isinstance(value, float) else value
            for key, value in asdict(self).items()
        }


@dataclass(frozen=True)
class LadderResult:
    """The best integer network and how all the methods did.

    Attributes:
        model: the `.tflite` of the best.
        method: how it was made.
        rungs: every method tried, in order.
        float_accuracy: of the float network on the held-out faces.
    """

    model: bytes
    method: Method
    rungs: tuple[Rung, ...]
    float_accuracy: float


def methods_named(names: Sequence[str]) -> tuple[Method, ...]:
    """Those methods, or all for an empty list.

    Raises:
        ConfigurationError: there is no method of that name.
    """
    known = {method.name: method for method in METHODS}
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"there is no method {name!r}; the ladder has: {', '.join(known)}"
            )
    return tuple(known[name] for name in names) or METHODS


def climb(
    network: FoldedNetwork,
    representative: NDArray[np.uint8],
    held_out: NDArray[np.uint8],
    truth: NDArray[np.int64],
    methods: Sequence[Method] = METHODS,
    report: Callable[[Rung], None] = lambda _: None,
) -> LadderResult:
    """Try each method and keep the best.

    Args:
        network: the float network.
        representative: (n, r, r, 3) uint8 faces to round with.
        held_out: (m, r, r, 3) uint8 other faces, to choose by.
        truth: (m,) their classes.
        methods: what to try.
        report: told of each rung as it is done.
    """
    exact = run_model(to_float_tflite(network), held_out)
    sizes = channel_sizes(network, representative[:_FACES_FOR_SIZES])
    return keep_best(
        methods,
        lambda method: apply_method(network, representative, sizes, method),
        held_out,
        exact,
        truth,
        report,
    )


def keep_best(
    methods: Sequence[Method],
    quantized: Callable[[Method], tuple[bytes, float]],
    held_out: NDArray[np.uint8],
    exact: NDArray[np.float32],
    truth: NDArray[np.int64],
    report: Callable[[Rung], None],
) -> LadderResult:
    """Quantize by each method and keep what diverges least from the exact answers.

    Args:
        methods: to try, in this order.
        quantized: a method to its `.tflite` and its feature error.
        held_out: (n, side, side, channels) uint8 faces to judge by.
        exact: (n, 4) the float network's probabilities for them.
        truth: (n,) their classes.
        report: told of every result as it comes.

    Raises:
        ConfigurationError: there is no method.
    """
    best: tuple[float, bytes, Method] | None = None
    rungs = []
    for method in methods:
        model, feature_error = quantized(method)
        rung = _judge(method, run_model(model, held_out), exact, truth, feature_error)
        rungs.append(rung)
        report(rung)
        if best is None or rung.divergence < best[0]:
            best = rung.divergence, model, method
    if best is None:
        raise ConfigurationError("no quantization method was given")
    accuracy = float((exact.argmax(axis=1) == truth).mean())
    return LadderResult(best[1], best[2], tuple(rungs), accuracy)


def apply_method(
    network: FoldedNetwork,
    representative: NDArray[np.uint8],
    sizes: dict[str, Array],
    method: Method,
) -> tuple[bytes, float]:
    """The integer network that a method makes, and its relative feature error."""
    if method.chain_power:
        network = with_equal_chains(network, sizes, method.chain_power)
    if method.split_gates:
        network = with_split_gates(network, sizes, method.split_gates)
    rounded = round_network(network, representative, method.plan)
    float_model = to_float_tflite(rounded.network)
    names = tensor_names(float_model, activation_names(rounded.network))
    spans = {names[activation]: span for activation, span in rounded.ranges.items()}
    spans[names["output"]] = SIGMOID_RANGE
    return to_integer_tflite(float_model, spans), rounded.feature_error


def channel_sizes(network: FoldedNetwork, faces: NDArray[np.uint8]) -> dict[str, Array]:
    """Near-largest magnitude per channel of every activation that equalisation looks at."""
    sizes: dict[str, Array] = {}

    def note(name: str, tensor: Any) -> Any:
        if name.endswith(("/project", "/add", "/swish")):
            channels = np.abs(tensor.numpy().reshape(-1, tensor.shape[-1]))
            sizes[name] = np.percentile(channels, _SIZE_PERCENTILE, axis=0).astype(np.float32)
        return tensor

    logits(network, faces.astype(np.float32), note)
    return sizes


def run_model(model: bytes, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 4) outputs of a `.tflite` on uint8 faces."""
    with _opened(model) as runner:
        return runner.run(faces.astype(runner.input.dtype))


def input_side(model: bytes) -> int:
    """Height and width of a `.tflite`'s input, in pixels."""
    with _opened(model) as runner:
        return runner.input_size[0]


@contextmanager
def _opened(model: bytes) -> Iterator[TfliteModel]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.tflite"
        file.write_bytes(model)
        yield TfliteModel(file)


def _judge(
    method: Method,
    found: NDArray[np.float32],
    exact: NDArray[np.float32],
    truth: NDArray[np.int64],
    feature_error: float,
) -> Rung:
    """How close the found probabilities (n, 4) are to the exact ones, and to the truth (n,)."""
    wanted = np.maximum(exact, 1e-6)
    given = np.maximum(found, _SMALLEST_PROBABILITY)
    answers = found.argmax(axis=1)
    return Rung(
        method.name,
        float((exact * np.log(wanted / given)).sum(axis=1).mean()),
        float((answers == exact.argmax(axis=1)).mean()),
        float((answers == truth).mean()),
        feature_error,
    )
