"""Faces with eye positions: what the locator learns from, and where natural eyes are cut from."""

import csv
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

# Every tenth face is kept from training, to choose and to measure by.
HELD_OUT_EVERY: Final = 10
FERPLUS_FILE: Final = Path("ferplus/ferplus_train_valid.npz")
GENKI_FILE: Final = Path("genki4k_train.tar")


@dataclass(frozen=True, slots=True)
class FaceSet:
    """Grey faces of one size and what the teacher saw in them.

    Attributes:
        images: uint8 (n, side, side).
        eyes: float32 (n, 2, 2): x, y of the eye left, then right in the picture, in pixels.
        outline: float32 (n, 36, 2): points around the face, in pixels.
        openness: float32 (n, 2, 2): eye-aspect ratios [plain or mirrored view, left or right eye].
    """

    images: NDArray[np.uint8]
    eyes: NDArray[np.float32]
    outline: NDArray[np.float32]
    openness: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.images)

    def part(self, *, held_out: bool) -> Self:
        """Every tenth face, or all the others."""
        chosen = (np.arange(len(self)) % HELD_OUT_EVERY == 0) == held_out
        return type(self)(
            self.images[chosen], self.eyes[chosen], self.outline[chosen], self.openness[chosen]
        )


def read_training_faces(data: Path) -> dict[str, NDArray[np.uint8]]:
    """The grey faces of FER+ Training and of GENKI-4K in `data`, by the name of their set."""
    with np.load(data / FERPLUS_FILE) as arrays:
        ferplus = arrays["train_images"]
    with tarfile.open(data / GENKI_FILE) as archive:
        names = sorted(name for name in archive.getnames() if name.endswith(".jpg"))
        listing = next(name for name in archive.getnames() if name.endswith("labels.csv"))
        text = io.TextIOWrapper(_open_member(archive, listing), encoding="utf-8")
        usable = {row["file"] for row in csv.DictReader(text) if row["usable"] == "1"}
        kept = [name for name in names if "/".join(name.split("/")[-2:]) in usable]
        genki = np.stack([_read_gray(archive, name) for name in kept])
    return {"ferplus": ferplus, "genki": genki}


def load_face_sets(faces_file: Path, landmarks_file: Path) -> dict[str, FaceSet]:
    """Faces joined with the teacher's labels; faces it did not find are left out."""
    sets: dict[str, FaceSet] = {}
    with np.load(faces_file) as faces, np.load(landmarks_file) as labels:
        for name in faces.files:
            eyes = labels[f"{name}_eyes"]
            found = np.isfinite(eyes).all(axis=(1, 2))
            sets[name] = FaceSet(
                faces[name][: len(eyes)][found],
                eyes[found],
                labels[f"{name}_outline"][found],
                labels[f"{name}_openness"][found],
            )
    return sets


def _open_member(archive: tarfile.TarFile, name: str) -> io.BytesIO:
    member = archive.extractfile(name)
    if member is None:
        raise FileNotFoundError(f"{name} in the archive is not a file")
    return io.BytesIO(member.read())


def _read_gray(archive: tarfile.TarFile, name: str) -> NDArray[np.uint8]:
    data = np.frombuffer(_open_member(archive, name).getvalue(), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
