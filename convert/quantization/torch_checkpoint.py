"""Reads the tensors of a PyTorch checkpoint without PyTorch and without running its pickle.

A checkpoint (torch.save since 1.6) is a zip archive: `data.pkl`, whose pickle names storages, and
`data/<key>` with their raw little-endian bytes. Only the few names such a pickle needs are
allowed; anything else, which could run code, is refused.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, NoReturn
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError

_DTYPES = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}
_WRAPPERS = ("state_dict", "model_state_dict", "model")


def read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    """The named tensors of a checkpoint: a state dict, or a dict that holds one.

    Raises:
        ConfigurationError: the file is missing, in PyTorch's format of before 1.6, holds a
            pickled module instead of a state dict, or no tensors.
    """
    try:
        with ZipFile(path) as archive:
            members = {name.split("/", 1)[-1]: name for name in archive.namelist()}
            content = _Unpickler(archive, members).load()
    except BadZipFile:
        raise ConfigurationError(
            f"{path} is no checkpoint of PyTorch 1.6 or newer; load it there and save it again "
            "with torch.save(model.state_dict(), ...)"
        ) from None
    except (OSError, KeyError, EOFError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    except pickle.UnpicklingError as error:
        raise ConfigurationError(
            f"{path} holds {error}, which only PyTorch itself can open safely; save the weights "
            "alone with torch.save(model.state_dict(), ...)"
        ) from error
    for wrapper in _WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    tensors = content if isinstance(content, dict) else {}
    arrays = {
        str(name).removeprefix("module."): tensor
        for name, tensor in tensors.items()
        if isinstance(tensor, np.ndarray)
    }
    if not arrays:
        raise ConfigurationError(f"{path} holds no tensors; a state dict is expected")
    return arrays


class _StorageType:
    def __init__(self, name: str) -> None:
        self.name = name


class _Unpickler(pickle.Unpickler):
    def __init__(self, archive: ZipFile, members: dict[str, str]) -> None:
        super().__init__(io.BytesIO(archive.read(members["data.pkl"])))
        self._archive = archive
        self._members = members

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _rebuild_parameter
        if module in ("torch", "torch.storage") and name in _DTYPES:
            return _StorageType(name)
        return self._refuse(module, name)

    def _refuse(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"an object of {module}.{name}")

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        _, storage_type, key, _, _ = pid
        raw = self._archive.read(self._members[f"data/{key}"])
        return np.frombuffer(raw, _DTYPES[storage_type.name])


def _rebuild_tensor(
    storage: NDArray[Any], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> NDArray[Any]:
    item = storage.itemsize
    view = np.lib.stride_tricks.as_strided(
        storage[offset:], size, [step * item for step in stride], writeable=False
    )
    return view.copy()


def _rebuild_parameter(tensor: NDArray[Any], *_: Any) -> NDArray[Any]:
    return tensor
