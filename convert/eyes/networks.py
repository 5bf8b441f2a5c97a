"""The two small networks, plain convolutions and ReLU6 throughout, which survive 8 bits well.

At these sizes a full 3×3 convolution costs no more time than a depthwise-separable pair.
"""

from typing import Any, Final

from convert.eyes.locator_samples import LOCATOR_SIZE_PX
from device.vision.eye_state import EYE_LABELS

STATE_SIZE_PX: Final = 32


def build_locator() -> Any:
    """Face crop (64, 64, 1), standardised → x, y of the left eye, x, y of the right, 0 to 1."""
    import keras

    image = keras.Input((LOCATOR_SIZE_PX, LOCATOR_SIZE_PX, 1))
    x = image
    for width, stride in ((12, 2), (24, 2), (32, 2), (40, 1), (48, 2)):
        x = _convolution(x, width, stride)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(64, activation="relu")(x)
    return keras.Model(image, keras.layers.Dense(4)(x))


def build_state() -> Any:
    """Eye patch (32, 32, 1), standardised → logits in the order of `EYE_LABELS`."""
    import keras

    image = keras.Input((STATE_SIZE_PX, STATE_SIZE_PX, 1))
    x = image
    for width, stride in ((16, 2), (32, 1), (48, 2), (64, 1), (96, 2)):
        x = _convolution(x, width, stride)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    return keras.Model(image, keras.layers.Dense(len(EYE_LABELS), name="logits")(x))


def _convolution(x: Any, width: int, stride: int) -> Any:
    from keras import layers

    x = layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False)(x)
    return layers.ReLU(6)(layers.BatchNormalization(momentum=0.95)(x))
