"""Labelled clips, read frame by frame; for measuring only, nothing is trained on them."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.rating import EyeState

BLINK_CLIPS: Final = ("mahie_test_1.avi", "mahie_test_4_low_fps.avi")
GRIN_CLIP: Final = "pyfeat_single_face.mp4"
# What the issue asks of the grin: (first frame, last frame, state).
GRIN_STATES: Final[tuple[tuple[int, int, EyeState], ...]] = (
    (20, 24, "open"),
    (25, 29, "closed"),
    (31, 67, "open"),
)


def read_clip(file: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Time in seconds and picture, BGR uint8 (height, width, 3), of every frame.

    Raises:
        FileNotFoundError: OpenCV cannot open the clip.
    """
    capture = cv2.VideoCapture(str(file))
    if not capture.isOpened():
        raise FileNotFoundError(f"{file} is not there or is no video")
    rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
    try:
        number = 0
        while True:
            got, picture = capture.read()
            if not got:
                return
            yield number / rate, np.asarray(picture, dtype=np.uint8)
            number += 1
    finally:
        capture.release()


def read_blink_labels(data: Path) -> dict[str, list[EyeState]]:
    """The labels of every frame of the blink clips, by file name."""
    labels: dict[str, list[EyeState]] = {}
    with (data / "blink_clips" / "labels.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            labels.setdefault(row["file"], []).append(cast(EyeState, row["eyes"]))
    return labels
