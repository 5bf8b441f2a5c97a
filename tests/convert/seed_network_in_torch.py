"""Makes a checkpoint of the seed's network with random weights, and what PyTorch makes of faces.

Run by a Python that has torch and torchvision: `python seed_network_in_torch.py FOLDER SIDE`
writes `seed.pth`, `faces.npy` (gray uint8 in three channels) and `logits.npy`, whose columns are
in the seed's order of classes.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torchvision.models import efficientnet_b0


def main(folder: Path, side: int) -> None:
    torch.manual_seed(0)
    network = efficientnet_b0(weights=None)
    network.classifier[1] = torch.nn.Sequential(
        torch.nn.Linear(1280, 64), torch.nn.ReLU(), torch.nn.Linear(64, 4)
    )
    gray = np.random.default_rng(0).integers(0, 256, (8, side, side), dtype=np.uint8)
    faces = np.repeat(gray[..., np.newaxis], 3, axis=-1)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    normal = (faces / 255 - mean) / deviation
    pixels = torch.tensor(normal.transpose(0, 3, 1, 2), dtype=torch.float32)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        network.train()(pixels)  # statistics that fit, or random weights would answer all alike
        logits = network.eval()(pixels).numpy()
    torch.save(network.state_dict(), folder / "seed.pth")
    np.save(folder / "faces.npy", faces)
    np.save(folder / "logits.npy", logits)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
