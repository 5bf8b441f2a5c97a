"""Whether the eyes of a face are open: one protocol, two methods."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device.config.eyes import EyesSettings
from device.vision.eye_cascade import CascadeEyeReader
from device.vision.geometry import Box
from device.vision.rating import EyeReading


class EyeReader(Protocol):
    """Judges the eyes of one face."""

    def read(self, gray: NDArray[np.uint8], box: Box) -> EyeReading:
        """Judge the eyes of the face in `box`, the detector's normalised box.

        `gray` is the whole analysed frame, uint8 (height, width).
        """
        ...


def make_eye_reader(settings: EyesSettings, models_dir: Path, threads: int) -> EyeReader:
    """Build the reader that `settings.method` names, loading its models.

    Raises:
        ManifestError: the manifest lacks a model or its file is not the one it promises.
        ModelError: a network cannot be loaded.
        CascadeError: OpenCV's cascade files are missing.
    """
    if settings.method == "cascade":
        return CascadeEyeReader()
    from device.vision.eye_network import NetworkEyeReader

    return NetworkEyeReader.load(settings, models_dir, threads)
