"""Reading the labelled photos of the data folder, and counting what a detector makes of them."""

import csv
import io
import tarfile
from dataclasses import dataclass

import cv2
import numpy as np

from device.vision.geometry import Box

MATCH_IOU = 0.35  # the boxes were drawn tighter than the detector's


@dataclass(frozen=True)
class Photo:
    name: str
    image: np.ndarray
    faces: tuple[Box, ...]
    ignored: tuple[Box, ...]


@dataclass
class Tally:
    photos: int = 0
    faces: int = 0
    found: int = 0
    invented: int = 0

    @property
    def recall(self):
        return self.found / self.faces


def photos(archive):
    """The photos of a tar whose `labels.csv` lists them; those without labels are left out."""
    with tarfile.open(archive) as tar:
        folder = tar.getnames()[0].split("/")[0]
        text = tar.extractfile(f"{folder}/labels.csv").read().decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        for name in dict.fromkeys(row["file"] for row in rows):
            data = np.frombuffer(tar.extractfile(f"{folder}/{name}").read(), np.uint8)
            image = cv2.imdecode(data, cv2.IMREAD_COLOR)
            mine = [row for row in rows if row["file"] == name and row.get("x")]
            faces = tuple(_box(row, image) for row in mine if row.get("ignore", "0") != "1")
            ignored = tuple(_box(row, image) for row in mine if row.get("ignore", "0") == "1")
            yield Photo(name, image, faces, ignored)


def tally(detector, archive):
    total = Tally()
    for photo in photos(archive):
        total.photos += 1
        total.faces += len(photo.faces)
        missing = list(photo.faces)
        for found in detector.detect(photo.image):
            best = max(missing, key=found.box.iou, default=None)
            if best is not None and found.box.iou(best) >= MATCH_IOU:
                missing.remove(best)
                total.found += 1
            elif all(found.box.iou(box) < 0.2 for box in photo.ignored):
                total.invented += 1
    return total


def _box(row, image):
    height, width = image.shape[:2]
    x, y, w, h = (float(row[key]) for key in "xywh")
    return Box(x / width, y / height, w / width, h / height)
