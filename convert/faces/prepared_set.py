"""The prepared set: FER+ faces with their votes and splits, in one file.

A compressed `.npz`: `images` uint8 (n, 48, 48) gray, `votes` uint8 (n, 10) in the order of
`EMOTIONS`, `split` (n,) index into `SPLITS`, `row` (n,) row in the official files (from 0),
`in_seed_subset` (n,) bool.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.official_files import SIDE, SPLITS, read_pixels, read_votes
from convert.faces.seed_subset import OFFICIAL_PRIVATE_NONE, seed_subset
from convert.faces.smile_classes import EMOTIONS, LABELS, classes_of, smile_votes

_FORMAT = 1
_NPZ_SPLITS = (("train", 0), ("valid", 1))


@dataclass(frozen=True)
class Faces:
    """Faces with their votes.

    Attributes:
        images: (n, 48, 48) uint8 gray, 0 to 255.
        votes: (n, 10) uint8 in the order of `EMOTIONS`.
        split: (n,) index into `SPLITS`.
        row: (n,) row in the official files, from 0.
        in_seed_subset: (n,) whether the seed kept the face.
    """

    images: NDArray[np.uint8]
    votes: NDArray[np.uint8]
    split: NDArray[np.int64]
    row: NDArray[np.int64]
    in_seed_subset: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def smile_votes(self) -> NDArray[np.int64]:
        """(n,) smile votes out of ten."""
        return smile_votes(self.votes)

    @property
    def classes(self) -> NDArray[np.int64]:
        """(n,) index into `LABELS`."""
        return classes_of(self.smile_votes)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Faces:
        """The faces that a mask or a list of positions selects."""
        return Faces(
            self.images[rows],
            self.votes[rows],
            self.split[rows],
            self.row[rows],
            self.in_seed_subset[rows],
        )

    def of_split(self, name: str, *, only_seed_subset: bool = False) -> Faces:
        """The faces of one split (`Training`, `PublicTest` or `PrivateTest`).

        Raises:
            ConfigurationError: there is no such split, or it has no faces here.
        """
        if name not in SPLITS:
            raise ConfigurationError(f"split is {name!r}; it must be one of {', '.join(SPLITS)}")
        mask = self.split == SPLITS.index(name)
        if only_seed_subset:
            mask &= self.in_seed_subset
        if not mask.any():
            raise ConfigurationError(f"the prepared set has no faces of {name}")
        return self.take(mask)

    def save(self, path: Path) -> None:
        """Write the set, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".part")
        with temporary.open("wb") as stream:
            np.savez_compressed(
                stream,
                format=np.int64(_FORMAT),
                images=self.images,
                votes=self.votes,
                split=self.split.astype(np.uint8),
                row=self.row.astype(np.int32),
                in_seed_subset=self.in_seed_subset,
            )
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a set written by `save`.

        Raises:
            ConfigurationError: the file is missing or is no prepared set.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                if "format" not in stored or int(stored["format"]) != _FORMAT:
                    raise ConfigurationError(
                        f"{path} is no prepared set; make one with `printability-convert prepare`"
                    )
                return cls(
                    stored["images"],
                    stored["votes"],
                    stored["split"].astype(np.int64),
                    stored["row"].astype(np.int64),
                    stored["in_seed_subset"],
                )
        except (OSError, BadZipFile, ValueError, KeyError) as error:
            raise ConfigurationError(f"the prepared set {path} cannot be read: {error}") from error

    def counts(self) -> dict[str, dict[str, int]]:
        """How many faces each split has, in all, per class and in the seed's subset."""
        report: dict[str, dict[str, int]] = {}
        for index, name in enumerate(SPLITS):
            mask = self.split == index
            per_class = np.bincount(self.classes[mask], minlength=len(LABELS))
            report[name] = {
                "faces": int(mask.sum()),
                **{label: int(n) for label, n in zip(LABELS, per_class, strict=True)},
                "seed_subset": int((mask & self.in_seed_subset).sum()),
            }
        return report


def from_official_files(pixel_file: Path, vote_file: Path) -> tuple[Faces, int]:
    """The set from `fer2013.csv` and `fer2013new.csv`.

    Returns:
        The faces, and how many named faces had no picture in `pixel_file`.

    Raises:
        ConfigurationError: a file is missing or malformed, their lengths differ, or two rows
            that belong together do not agree; the message names file and line.
    """
    pictures: list[NDArray[np.uint8] | None] = []
    usages: list[str] = []
    for pixel_row in read_pixels(pixel_file):
        pictures.append(pixel_row.picture)
        usages.append(pixel_row.usage)
    vote_rows = list(read_votes(vote_file))
    if len(vote_rows) != len(pictures):
        raise ConfigurationError(
            f"{pixel_file} has {len(pictures)} rows and {vote_file} has {len(vote_rows)}; "
            "row k of one must belong to row k of the other"
        )
    for usage, votes in zip(usages, vote_rows, strict=True):
        if usage != votes.usage:
            raise ConfigurationError(
                f"{vote_file}, line {votes.line}: Usage is {votes.usage}, but the same row of "
                f"{pixel_file} says {usage}"
            )
    named = [index for index, row in enumerate(vote_rows) if row.name]
    votes_array = np.array([vote_rows[index].votes for index in named], np.uint8).reshape(-1, 10)
    split = np.array([SPLITS.index(usages[index]) for index in named], np.int64)
    kept = _seed_subset_of(votes_array, split)
    present = np.array([pictures[index] is not None for index in named], np.bool_)
    images = [pictures[index] for index in named]
    faces = Faces(
        np.array([image for image in images if image is not None], np.uint8).reshape(
            -1, SIDE, SIDE
        ),
        votes_array[present],
        split[present],
        np.array(named, np.int64)[present],
        kept[present],
    )
    if not len(faces):
        raise ConfigurationError(f"{pixel_file} has no pictures of the faces in {vote_file}")
    return faces, int((~present).sum())


def from_npz(path: Path) -> Faces:
    """The set from an npz with `train_*` and `valid_*` images, votes and official row numbers.

    Raises:
        ConfigurationError: the file is missing, an array is, or the arrays do not fit together.
    """
    images, votes, splits, rows = [], [], [], []
    try:
        with np.load(path, allow_pickle=False) as stored:
            for prefix, split in _NPZ_SPLITS:
                images.append(stored[f"{prefix}_images"])
                votes.append(stored[f"{prefix}_votes"])
                rows.append(stored[f"{prefix}_index"].astype(np.int64))
                splits.append(np.full(len(rows[-1]), split, np.int64))
    except (OSError, BadZipFile, ValueError, KeyError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    for (prefix, _), image, vote, row in zip(_NPZ_SPLITS, images, votes, rows, strict=True):
        shapes = (image.shape, vote.shape)
        expected = ((len(row), SIDE, SIDE), (len(row), len(EMOTIONS)))
        if shapes != expected or image.dtype != np.uint8:
            raise ConfigurationError(
                f"{path}: {prefix}_images and {prefix}_votes have shapes {shapes}; "
                f"{expected} are expected for {len(row)} rows"
            )
    vote_table, split_table = np.concatenate(votes), np.concatenate(splits)
    return Faces(
        np.concatenate(images),
        vote_table,
        split_table,
        np.concatenate(rows),
        _seed_subset_of(vote_table, split_table),
    )


def _seed_subset_of(votes: NDArray[np.uint8], split: NDArray[np.int64]) -> NDArray[np.bool_]:
    is_none = classes_of(smile_votes(votes)) == 0
    has_private = bool((split == SPLITS.index("PrivateTest")).any())
    return seed_subset(is_none, missing_none=0 if has_private else OFFICIAL_PRIVATE_NONE)
