"""Labelled eye patches, CEW and eyes96, split so that no person is on both sides.

CEW: a person is a photo's name without its number and face (`Aaron_Guiel_0001` and `_0002` are
one; closed eyes come one photo a person).  eyes96 names nobody: patches whose standardised pixels
correlate above 0.9, as they are or mirrored, are taken for one person's and kept together.
"""

import re
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

CEW_FILE: Final = Path("cew_eyes24_train.npz")
EYES96_FILE: Final = Path("eyes96.tar")
SAME_PERSON_CORRELATION: Final = 0.9
TEST_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class EyePatchSet:
    """Grey eye patches, uint8 (n, side, side), whether each is open, and whose it is."""

    images: NDArray[np.uint8]
    is_open: NDArray[np.bool_]
    person: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.images)

    def part(self, *, test: bool) -> Self:
        """The fifth of the people kept for testing, or all the others."""
        chosen = np.array([is_test_person(person) for person in self.person]) == test
        return type(self)(self.images[chosen], self.is_open[chosen], self.person[chosen])


def is_test_person(person: str) -> bool:
    """Whether a person belongs to the test part: by a hash, the same on every machine."""
    return zlib.crc32(person.encode()) % 1000 < 1000 * TEST_SHARE


def load_cew(data: Path) -> EyePatchSet:
    """CEW patches, 24×24, of `data`."""
    with np.load(data / CEW_FILE) as arrays:
        people = np.array([cew_person(str(face)) for face in arrays["face"]])
        return EyePatchSet(arrays["images"], arrays["open"].astype(bool), people)


def cew_person(face: str) -> str:
    """The person in a CEW face name: `Aaron_Guiel_0001.jpg_face_1` → `Aaron_Guiel`."""
    photo = re.sub(r"\.jpg.*$", "", face)
    if photo.startswith("closed_eye"):
        return photo
    return re.sub(r"_\d+$", "", photo)


def load_eyes96(data: Path) -> EyePatchSet:
    """The 96×96 close-ups of `data`."""
    images: list[NDArray[np.uint8]] = []
    is_open: list[bool] = []
    with tarfile.open(data / EYES96_FILE) as archive:
        for name in sorted(n for n in archive.getnames() if n.endswith(".jpg")):
            member = archive.extractfile(name)
            if member is None:
                continue
            pixels = cv2.imdecode(np.frombuffer(member.read(), np.uint8), cv2.IMREAD_GRAYSCALE)
            images.append(np.asarray(pixels, dtype=np.uint8))
            is_open.append("/open/" in name)
    stacked = np.stack(images)
    groups = group_similar(stacked)
    people = np.array([f"eyes96_{group}" for group in groups])
    return EyePatchSet(stacked, np.array(is_open), people)


def group_similar(images: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Number the groups of patches (n, side, side) linked by a high correlation; (n,)."""
    vectors = _unit_vectors(images)
    mirrored = _unit_vectors(images[:, :, ::-1])
    group = np.arange(len(images))
    for row in range(len(images)):
        alike = np.maximum(vectors @ vectors[row], mirrored @ vectors[row])
        linked = np.unique(group[alike > SAME_PERSON_CORRELATION])
        group[np.isin(group, linked)] = linked.min(initial=group[row])
    return group


def _unit_vectors(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = np.stack(
        [
            cv2.resize(np.ascontiguousarray(image), (16, 16), interpolation=cv2.INTER_AREA).ravel()
            for image in images
        ]
    ).astype(np.float32)
    small -= small.mean(axis=1, keepdims=True)
    return np.asarray(small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6))
