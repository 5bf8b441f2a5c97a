import pickle
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from convert.errors import ConfigurationError
from convert.quantization.torch_checkpoint import read_state_dict


class FakeStorage:
    """What torch's pickler writes as a persistent id."""

    def __init__(self, key, values):
        self.key, self.values = key, values


class Pickler(pickle.Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, FakeStorage):
            float_storage = sys.modules["torch"].FloatStorage
            return ("storage", float_storage, thing.key, "cpu", len(thing.values))
        return None


class FakeTensor:
    def __init__(self, storage, offset, size, stride):
        self.parts = (storage, offset, size, stride, False, OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.parts


@pytest.fixture
def fake_torch(monkeypatch):
    """Modules of torch's names, so that the pickle names what torch's own would name."""
    torch, utilities = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2(*parts):
        raise AssertionError(parts)

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utilities._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utilities)


def write_checkpoint(file: Path, content, storages) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        with archive.open("archive/data.pkl", "w") as stream:
            Pickler(stream, 2).dump(content)
        for storage in storages:
            archive.writestr(f"archive/data/{storage.key}", storage.values.tobytes())
    return file


def test_tensors_are_views_into_their_storages(tmp_path, fake_torch):
    storage = FakeStorage("0", np.arange(12, dtype=np.float32))
    content = OrderedDict(
        whole=FakeTensor(storage, 0, (3, 4), (4, 1)),
        turned=FakeTensor(storage, 0, (4, 3), (1, 4)),
        tail=FakeTensor(storage, 10, (2,), (1,)),
    )
    found = read_state_dict(write_checkpoint(tmp_path / "a.pth", content, [storage]))
    expected = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert (found["whole"] == expected).all()
    assert (found["turned"] == expected.T).all()
    assert found["tail"].tolist() == [10, 11]


def test_a_state_dict_inside_a_training_checkpoint_is_found(tmp_path, fake_torch):
    storage = FakeStorage("0", np.ones(2, np.float32))
    content = {"epoch": 3, "model_state_dict": {"module.x": FakeTensor(storage, 0, (2,), (1,))}}
    found = read_state_dict(write_checkpoint(tmp_path / "a.pth", content, [storage]))
    assert found["x"].tolist() == [1, 1]


def test_a_tensor_beyond_its_storage_is_refused(tmp_path, fake_torch):
    storage = FakeStorage("0", np.ones(2, np.float32))
    content = {"x": FakeTensor(storage, 1, (4,), (1,))}
    with pytest.raises(ConfigurationError, match="reaches beyond its storage"):
        read_state_dict(write_checkpoint(tmp_path / "a.pth", content, [storage]))


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    file = write_checkpoint(tmp_path / "evil.pth", {"x": zipfile.ZipFile}, [])
    with pytest.raises(ConfigurationError, match=r"an object of zipfile\.?\w*\.ZipFile"):
        read_state_dict(file)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "a.pth").write_bytes(b"hello")
    for name in ("a.pth", "none.pth"):
        with pytest.raises(ConfigurationError, match="cannot be read"):
            read_state_dict(tmp_path / name)
