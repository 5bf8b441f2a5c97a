import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from convert.errors import ConfigurationError  # noqa: E402
from convert.quantization import from_torch  # noqa: E402
from convert.quantization.float_graph import logits  # noqa: E402
from convert.quantization.source import open_network  # noqa: E402

TORCH_PYTHON = os.environ.get("PRINTABILITY_TORCH_PYTHON")
SIDE = 64


def test_the_seeds_network_gives_here_what_it_gives_in_pytorch(tmp_path):
    if TORCH_PYTHON is None:
        pytest.skip("PRINTABILITY_TORCH_PYTHON names no Python with torch and torchvision")
    script = Path(__file__).with_name("seed_network_in_torch.py")
    subprocess.run([TORCH_PYTHON, str(script), str(tmp_path), str(SIDE)], check=True)
    network = open_network(tmp_path / "seed.pth", SIDE)
    faces = np.load(tmp_path / "faces.npy").astype(np.float32)
    in_torch = np.load(tmp_path / "logits.npy")
    huge, mild, moderate, none = in_torch.T
    found = logits(network, tf.constant(faces)).numpy()
    assert in_torch.std(axis=0).max() > 0.01
    assert found == pytest.approx(np.stack([none, mild, moderate, huge], axis=1), abs=1e-4)


def test_another_networks_checkpoint_is_refused_by_name():
    with pytest.raises(ConfigurationError, match=r"lacks 'features\.0\.1\.weight'"):
        from_torch.fold({"conv1.weight": np.zeros((64, 3, 7, 7), np.float32)}, SIDE)
