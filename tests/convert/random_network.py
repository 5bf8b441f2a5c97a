"""A folded EfficientNet-B0 with random weights whose channels differ in size."""

import numpy as np

from convert.quantization.folded_network import (
    STAGES,
    Block,
    Convolution,
    Dense,
    FoldedNetwork,
)

# Output channels and kernel size of each stage (Tan and Le, 2019, table 1).
SHAPES = ((16, 3), (24, 3), (40, 5), (80, 3), (112, 5), (192, 5), (320, 3))


def random_network(side: int, seed: int = 0) -> FoldedNetwork:
    random = np.random.default_rng(seed)

    def convolution(size: int, source: int, target: int, stride: int = 1) -> Convolution:
        spread = np.sqrt(1.6 / (size * size * source))
        kernel = random.normal(0, spread, (size, size, source, target))
        kernel *= np.exp(random.normal(0, 0.4, target))
        bias = random.normal(0, 0.1, target)
        return Convolution(kernel.astype(np.float32), bias.astype(np.float32), stride)

    def depthwise(size: int, channels: int, stride: int) -> Convolution:
        kernel = random.normal(0, np.sqrt(2.0) / size, (size, size, channels, 1))
        bias = random.normal(0, 0.1, channels)
        return Convolution(kernel.astype(np.float32), bias.astype(np.float32), stride, True)

    stem = convolution(3, 3, 32, 2)
    stem = Convolution(stem.kernel / 40, stem.bias, 2)
    blocks, source = [], 32
    for (name, repeats, stride), (target, size) in zip(STAGES, SHAPES, strict=True):
        for index in range(repeats):
            wide = source if name == "1" else 6 * source
            blocks.append(
                Block(
                    f"block{name}{'abcd'[index]}",
                    None if name == "1" else convolution(1, source, wide),
                    depthwise(size, wide, stride if index == 0 else 1),
                    convolution(1, wide, max(1, source // 4)),
                    convolution(1, max(1, source // 4), wide),
                    convolution(1, wide, target),
                    index > 0,
                )
            )
            source = target
    head = random.normal(0, 0.1, (1280, 4)).astype(np.float32)
    return FoldedNetwork(
        side,
        stem,
        tuple(blocks),
        convolution(1, 320, 1280),
        (Dense(head, np.zeros(4, np.float32)),),
    )
