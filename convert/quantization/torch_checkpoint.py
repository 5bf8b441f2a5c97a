"""Reads the tensors of a PyTorch checkpoint without PyTorch and without running its pickle.

A checkpoint (torch.save since 1.6) is a zip archive: `data.pkl`, whose pickle names storages, and
`data/<key>` with their raw little-endian bytes. Before 1.6 it was a row of pickles with the
storages behind them, each led by its number of elements. Only the few names such a pickle needs
are allowed; anything else, which could run code, is refused.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile, is_zipfile

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
_READING_ERRORS = (OSError, KeyError, EOFError, ValueError, TypeError, BadZipFile)
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_WRAPPERS = ("state_dict", "model_state_dict", "model")


def read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    """The named tensors of a checkpoint: a state dict, or a dict that holds one.

    Raises:
        ConfigurationError: the file is missing or no checkpoint, holds a pickled module instead
            of a state dict, or no tensors.
    """
    try:
        content, storages = _read_archive(path) if is_zipfile(path) else _read_legacy(path)
        arrays = {
            str(name).removeprefix("module."): tensor.resolved(storages)
            for name, tensor in _state_dict_in(content).items()
            if isinstance(tensor, _Tensor)
        }
    except _RefusedError as error:
        raise ConfigurationError(
            f"{path} holds {error}, which only PyTorch itself can open safely; save the weights "
            "alone with torch.save(model.state_dict(), ...)"
        ) from error
    except (*_READING_ERRORS, pickle.UnpicklingError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    if not arrays:
        raise ConfigurationError(f"{path} holds no tensors; a state dict is expected")
    return arrays


class _RefusedError(pickle.UnpicklingError):
    """Raised for a name in the pickle that no state dict needs."""


def _state_dict_in(content: Any) -> dict[str, Any]:
    for wrapper in _WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    return content if isinstance(content, dict) else {}


@dataclass(frozen=True)
class _Storage:
    dtype: np.dtype[Any]
    key: str


@dataclass(frozen=True)
class _Tensor:
    """A view into a storage that may not have been read yet."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def resolved(self, storages: dict[str, bytes]) -> NDArray[Any]:
        flat = np.frombuffer(storages[self.storage.key], self.storage.dtype)[self.offset :]
        steps = [step * flat.itemsize for step in self.stride]
        last = sum((n - 1) * step for n, step in zip(self.size, self.stride, strict=True))
        if flat.size <= last and 0 not in self.size:
            raise ValueError(f"a tensor of {self.size} reaches beyond its storage")
        return np.lib.stride_tricks.as_strided(flat, self.size, steps, writeable=False).copy()


def _read_archive(path: Path) -> tuple[Any, dict[str, bytes]]:
    with ZipFile(path) as archive:
        members = {name.split("/", 1)[-1]: name for name in archive.namelist()}
        content = _Unpickler(io.BytesIO(archive.read(members["data.pkl"]))).load()
        storages = {
            short.removeprefix("data/"): archive.read(name)
            for short, name in members.items()
            if short.startswith("data/")
        }
    return content, storages


def _read_legacy(path: Path) -> tuple[Any, dict[str, bytes]]:
    with path.open("rb") as stream:
        if _Unpickler(stream).load() != _LEGACY_MAGIC:
            raise ValueError("it is no PyTorch checkpoint")
        _Unpickler(stream).load()  # protocol version
        _Unpickler(stream).load()  # machine
        reader = _Unpickler(stream)
        content = reader.load()
        storages = {}
        for key in _Unpickler(stream).load():
            elements = int.from_bytes(stream.read(8), "little")
            storages[str(key)] = stream.read(elements * reader.item_sizes[str(key)])
    return content, storages


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)
        self.item_sizes: dict[str, int] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _rebuild_parameter
        if module in ("torch", "torch.storage") and name in _DTYPES:
            return _DTYPES[name]
        raise _RefusedError(f"an object of {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        dtype, key = np.dtype(pid[1]), str(pid[2])
        self.item_sizes[key] = dtype.itemsize
        return _Storage(dtype, key)


def _rebuild_tensor(
    storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> _Tensor:
    return _Tensor(storage, offset, tuple(size), tuple(stride))


def _rebuild_parameter(tensor: _Tensor, *_: Any) -> _Tensor:
    return tensor
