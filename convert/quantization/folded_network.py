"""EfficientNet-B0 as plain convolutions: batch norm folded, one place for every weight.

Architecture: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks", 2019. The network takes raw gray levels 0 to 255 as three channels: the input
normalisation is folded into the first convolution. Activation names used here and in the ranges:
`stem`, `block2a/expand`, `.../depthwise`, `.../reduce`, `.../excite`, `.../project`, `top`
(convolution outputs), each with `/sigmoid` and `/swish` (and `/twin`) where a swish follows,
`.../squeeze`, `.../gate`, `.../gated`, `.../add`, `features`, `head0`, `head1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# (name, repeats, stride of the first block); expansion 1 in the first stage and 6 in the others.
STAGES = (
    ("1", 1, 1),
    ("2", 2, 2),
    ("3", 2, 2),
    ("4", 3, 2),
    ("5", 3, 1),
    ("6", 4, 2),
    ("7", 1, 1),
)


@dataclass(frozen=True)
class Convolution:
    """A convolution and its bias.

    Attributes:
        kernel: (height, width, in, out), or (height, width, channels, 1) where depthwise.
        bias: (out,).
        stride: in pixels, both ways.
        depthwise: whether each channel has its own filter.
        twin: a second convolution of the same input that feeds the swish's sigmoid, where this
            one's channels have been scaled (see `equalisation.with_split_gates`).
    """

    kernel: Array
    bias: Array
    stride: int = 1
    depthwise: bool = False
    twin: Convolution | None = None

    @property
    def is_pointwise(self) -> bool:
        """Whether it mixes channels only, pixel by pixel."""
        return not self.depthwise and self.kernel.shape[:2] == (1, 1)


@dataclass(frozen=True)
class Block:
    """An inverted bottleneck: expand, depthwise, squeeze-and-excite (reduce, excite), project."""

    name: str
    expand: Convolution | None
    depthwise: Convolution
    reduce: Convolution
    excite: Convolution
    project: Convolution
    residual: bool


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: kernel (in, out), bias (out,)."""

    kernel: Array
    bias: Array


@dataclass(frozen=True)
class FoldedNetwork:
    """A whole network.

    Attributes:
        resolution: height and width of the input in pixels.
        stem: first convolution, on raw gray levels less `input_shift`.
        blocks: the inverted bottlenecks.
        top: the last convolution.
        head: fully connected layers on the pooled features, ReLU between them; the last one
            gives the logits of none, mild, moderate, huge.
        input_shift: (3,) subtracted from each channel before the first convolution pads, or
            None. Padding must happen in the domain the network was trained in.
        symmetric_padding: pad strided convolutions alike on all sides (PyTorch) rather than
            more to the right and bottom (TensorFlow).
    """

    resolution: int
    stem: Convolution
    blocks: tuple[Block, ...]
    top: Convolution
    head: tuple[Dense, ...]
    input_shift: Array | None = None
    symmetric_padding: bool = False

    def convolutions(self) -> Iterator[tuple[str, Convolution]]:
        """Every convolution with its name, in the order of computation."""
        yield "stem", self.stem
        for block in self.blocks:
            if block.expand is not None:
                yield f"{block.name}/expand", block.expand
            yield f"{block.name}/depthwise", block.depthwise
            yield f"{block.name}/reduce", block.reduce
            yield f"{block.name}/excite", block.excite
            yield f"{block.name}/project", block.project
        yield "top", self.top

    def with_convolutions(self, changed: dict[str, Convolution]) -> FoldedNetwork:
        """The same network with the convolutions in `changed` in place of those of that name."""
        blocks = []
        for block in self.blocks:
            parts = {
                part: changed[f"{block.name}/{part}"]
                for part in ("expand", "depthwise", "reduce", "excite", "project")
                if f"{block.name}/{part}" in changed
            }
            blocks.append(replace(block, **parts))  # type: ignore[arg-type]
        return replace(
            self,
            stem=changed.get("stem", self.stem),
            top=changed.get("top", self.top),
            blocks=tuple(blocks),
        )

    def linear_chains(self) -> Iterator[tuple[tuple[Block, ...], tuple[str, ...]]]:
        """Blocks whose outputs are added up, with the convolutions that read the sum.

        Between a chain's project convolutions and its readers everything is linear, so each
        channel's scale can be chosen freely.
        """
        start = 0
        while start < len(self.blocks):
            end = start + 1
            while end < len(self.blocks) and self.blocks[end].residual:
                end += 1
            readers = [f"{block.name}/expand" for block in self.blocks[start + 1 : end]]
            readers.append(f"{self.blocks[end].name}/expand" if end < len(self.blocks) else "top")
            yield self.blocks[start:end], tuple(readers)
            start = end
