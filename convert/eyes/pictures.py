"""Pictures of people with open eyes; for measuring only, nothing is trained on them.

Who is open-eyed was judged by eye: of `dlib_faces` all but two closed pairs and two that cannot be
told (a laugh with the eyes pressed shut, a look straight down); of the bare faces of `masks` all
that show eyes (some are cut off below them).
"""

import csv
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.geometry import Box

# (picture, face) of dlib_faces, in the order of its list, counted over all pictures.
DLIB_NOT_OPEN: Final = frozenset({12, 34, 35, 36})
# Bare faces whose picture ends below the eyes, or is of one colour.
MASKS_WITHOUT_EYES: Final = frozenset({"469", "255", "178", "400", "407", "114", "108"})


@dataclass(frozen=True, slots=True)
class OpenFace:
    """A picture, BGR uint8, and the hand-drawn box of a face; None: its only face."""

    name: str
    picture: NDArray[np.uint8]
    box: Box | None


def open_eyed_faces(data: Path) -> Iterator[OpenFace]:
    """The open-eyed faces of `dlib_faces` and of the bare ones of `masks`."""
    yield from _dlib_faces(data / "dlib_faces.tar")
    yield from _bare_faces(data / "masks.tar")


def _dlib_faces(file: Path) -> Iterator[OpenFace]:
    with tarfile.open(file) as archive:
        for number, row in enumerate(_rows(archive)):
            if number in DLIB_NOT_OPEN or row["ignore"] == "1":
                continue
            picture = _picture(archive, row["file"])
            height_px, width_px = picture.shape[:2]
            x, y, width, height = (float(row[key]) for key in ("x", "y", "w", "h"))
            box = Box(x / width_px, y / height_px, width / width_px, height / height_px)
            yield OpenFace(f"dlib {number}", picture, box)


def _bare_faces(file: Path) -> Iterator[OpenFace]:
    with tarfile.open(file) as archive:
        for row in _rows(archive):
            stem = Path(row["file"]).stem
            if row["mask"] == "0" and stem not in MASKS_WITHOUT_EYES and not stem.startswith("1_"):
                yield OpenFace(f"bare {stem}", _picture(archive, row["file"]), None)


def _rows(archive: tarfile.TarFile) -> list[dict[str, str]]:
    text = io.TextIOWrapper(io.BytesIO(_content(archive, "labels.csv")), encoding="utf-8")
    return list(csv.DictReader(text))


def _picture(archive: tarfile.TarFile, ending: str) -> NDArray[np.uint8]:
    data = np.frombuffer(_content(archive, ending), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def _content(archive: tarfile.TarFile, ending: str) -> bytes:
    name = next(name for name in archive.getnames() if name.endswith(ending))
    member = archive.extractfile(name)
    if member is None:
        raise FileNotFoundError(f"{name} in the archive is not a file")
    return member.read()
