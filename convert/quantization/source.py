"""Opens whatever trained network there is: Keras file, SavedModel, weights, PyTorch checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from convert.errors import ConfigurationError
from convert.quantization import from_keras, from_torch
from convert.quantization.folded_network import FoldedNetwork
from convert.quantization.torch_checkpoint import read_state_dict

SMALLEST_RESOLUTION = 64
_TORCH_ENDINGS = frozenset({".pt", ".pth", ".ckpt", ".bin"})
# How Keras 3 orders the variables of a layer in a weights file.
_VARIABLES = {
    "conv2d": ("kernel", "bias"),
    "depthwise_conv2d": ("kernel", "bias"),
    "dense": ("kernel", "bias"),
    "batch_normalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "normalization": ("mean", "variance", "count"),
}
KINDS = ".keras, a SavedModel folder, .weights.h5, or PyTorch's .pt/.pth"


def open_network(path: Path, resolution: int | None) -> FoldedNetwork | None:
    """The folded network in a file, or None for a Keras model of another architecture.

    Args:
        path: one of `KINDS`.
        resolution: input side in pixels; None takes the model's own, which weights alone and
            PyTorch checkpoints do not have (224 then).

    Raises:
        ConfigurationError: the file is missing, of another kind, or lacks what it must have.
    """
    if not path.exists():
        raise ConfigurationError(f"{path} does not exist")
    if path.suffix in _TORCH_ENDINGS:
        state = read_state_dict(path)
        arrays = {name: np.asarray(value, np.float32) for name, value in state.items()}
        return from_torch.fold(arrays, resolution or 224)
    if path.name.endswith(".weights.h5"):
        return from_keras.fold(read_weights_file(path), resolution or 224)
    if path.suffix == ".keras":
        weights, own = _keras_file(path)
    elif (path / "saved_model.pb").is_file():
        weights, own = _saved_model(path)
    else:
        raise ConfigurationError(f"{path} is no trained network; one of {KINDS} is expected")
    if not from_keras.is_efficientnet_b0(weights):
        return None
    return from_keras.fold(weights, resolution or own or 224)


def check_resolution(network: FoldedNetwork) -> None:
    """Refuse an input so small that the last feature maps are single pixels.

    Raises:
        ConfigurationError: it is below `SMALLEST_RESOLUTION`.
    """
    if network.resolution < SMALLEST_RESOLUTION:
        raise ConfigurationError(
            f"the network's input is {network.resolution} pixels; quantization needs at least "
            f"{SMALLEST_RESOLUTION}: give --resolution"
        )


def _keras_file(path: Path) -> tuple[from_keras.NamedWeights, int | None]:
    import keras

    try:
        model = keras.models.load_model(path, compile=False)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be loaded: {error}") from error
    return named_weights(model), model.inputs[0].shape[1]


def named_weights(model: object) -> from_keras.NamedWeights:
    """The weights of a Keras model by layer and variable name, nested models included."""
    found: from_keras.NamedWeights = {}
    rescalings = 0
    for layer in model._flatten_layers(include_self=False):  # type: ignore[attr-defined] # noqa: SLF001
        for variable in layer._trainable_variables + layer._non_trainable_variables:  # noqa: SLF001
            found[from_keras.variable_name(layer.name, variable.name)] = np.asarray(variable)
        if type(layer).__name__ == "Rescaling":
            # The first one scales to 0..1; a second one there is with ImageNet weights only.
            if rescalings:
                found["rescaling_1/scale"] = np.asarray(layer.scale, np.float32)
            rescalings += 1
    return found


def _saved_model(path: Path) -> tuple[from_keras.NamedWeights, int | None]:
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(str(path))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be loaded: {error}") from error
    weights = {}
    for variable in loaded.variables:
        layer, _, name = variable.name.removesuffix(":0").rpartition("/")
        weights[from_keras.variable_name(layer.split("/")[-1], name)] = variable.numpy()
    shapes = [
        spec.shape
        for signature in loaded.signatures.values()
        for spec in signature.structured_input_signature[1].values()
    ]
    return weights, shapes[0][1] if shapes else None


def read_weights_file(path: Path) -> from_keras.NamedWeights:
    """The weights of a Keras `.weights.h5` file by layer and variable name, read as they lie.

    Loading them into a model instead would only warn where a layer does not fit, and leave that
    layer random.
    """
    import h5py

    found: from_keras.NamedWeights = {}
    try:
        with h5py.File(path) as stored:
            for kind, layer in stored["layers"].items():
                names = _VARIABLES.get(kind.rstrip("0123456789").rstrip("_"))
                variables = layer.get("vars", {})
                if names is None or not len(variables):
                    continue
                name = str(variables.attrs["name"])
                for index, variable in variables.items():
                    key = from_keras.variable_name(name, names[int(index)])
                    found[key] = np.asarray(variable, np.float32)
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise ConfigurationError(
            f"{path} is no weights file of Keras 3 with named layers: {error}"
        ) from error
    return found
