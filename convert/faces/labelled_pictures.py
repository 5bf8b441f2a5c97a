"""Labelled faces in a folder or a tar: pictures with a table, or one folder per class.

Either a table `labels.csv` with the columns `file` and `smile` (0 or 1, GENKI-4K's way) or
`label` (none, mild, moderate, huge); where it has a column `usable`, rows with 0 are left out, and
columns `yaw_rad` and `pitch_rad` tell how the head is turned.
Or pictures in folders named after the four classes, or `smile` and `no_smile`.
"""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError
from convert.faces.conditions import Groups, light_groups, pose_groups
from convert.faces.smile_classes import LABELS

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_TABLE = "labels.csv"
_POSE_COLUMNS = ("yaw_rad", "pitch_rad")
_SMILING_FOLDERS = {"smile": True, "no_smile": False}


@dataclass(frozen=True)
class LabelledPictures:
    """Gray faces with a label each.

    Attributes:
        names: as found.
        images: gray uint8, each of its own size.
        smiling: (n,) whether the face smiles.
        classes: (n,) index into `LABELS`, or None where only smiling or not is known.
        pose: (n, 2) yaw and pitch in radians, NaN where not known; None without such columns.
    """

    names: tuple[str, ...]
    images: tuple[NDArray[np.uint8], ...]
    smiling: NDArray[np.bool_]
    classes: NDArray[np.int64] | None
    pose: NDArray[np.float64] | None = None

    @property
    def as_array(self) -> NDArray[Any]:
        """(n,) the images as an array of arrays, for they differ in size."""
        array = np.empty(len(self.images), object)
        array[:] = self.images
        return array

    @property
    def conditions(self) -> Groups:
        """Groups by light and, where it is known, by pose."""
        posed = {} if self.pose is None else pose_groups(self.pose)
        return {**light_groups(self.images), **posed}


def read_labelled_pictures(source: Path) -> LabelledPictures:
    """All labelled faces of a folder or a tar file.

    Raises:
        ConfigurationError: there is nothing there, no label is found, or a picture is unreadable.
    """
    files = dict(_files_of(source))
    tables = [name for name in files if PurePosixPath(name).name == _TABLE]
    labels = _from_table(tables[0], files) if tables else _from_folders(files)
    if not labels:
        raise ConfigurationError(
            f"{source} has no labelled faces: put a table labels.csv (file,smile) beside the "
            f"pictures, or the pictures in folders {', '.join((*LABELS, *_SMILING_FOLDERS))}"
        )
    smiles = [label.smile for label in labels.values()]
    kinds = {isinstance(smile, bool) for smile in smiles}
    if len(kinds) > 1:
        raise ConfigurationError(f"{source} mixes smiling-or-not labels with the four classes")
    images = tuple(_decode(name, files[name]) for name in labels)
    poses = [label.pose for label in labels.values() if label.pose is not None]
    pose = np.array(poses, np.float64) if poses else None
    if kinds == {True}:
        smiling = np.array(smiles, np.bool_)
        return LabelledPictures(tuple(labels), images, smiling, None, pose)
    classes = np.array([LABELS.index(str(smile)) for smile in smiles], np.int64)
    return LabelledPictures(tuple(labels), images, classes > 0, classes, pose)


def _files_of(source: Path) -> Iterator[tuple[str, bytes]]:
    wanted = _PICTURES | {".csv"}
    try:
        if source.is_dir():
            for path in sorted(source.rglob("*")):
                if path.suffix.lower() in wanted and path.is_file():
                    yield path.relative_to(source).as_posix(), path.read_bytes()
            return
        with tarfile.open(source) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is not None and PurePosixPath(member.name).suffix.lower() in wanted:
                    yield member.name, stream.read()
    except (OSError, tarfile.TarError) as error:
        raise ConfigurationError(
            f"{source} cannot be read as a folder or tar of faces: {error}"
        ) from error


@dataclass(frozen=True)
class _Label:
    """What a picture's place or its row tells."""

    smile: bool | str
    pose: tuple[float, float] | None = None


def _from_table(table: str, files: dict[str, bytes]) -> dict[str, _Label]:
    folder = PurePosixPath(table).parent
    reader = csv.DictReader(io.StringIO(files[table].decode("utf-8", "replace")))
    columns = reader.fieldnames or ()
    if "file" not in columns or not {"smile", "label"} & set(columns):
        raise ConfigurationError(
            f"{table} has the columns {', '.join(columns) or 'none'}; "
            "`file` and `smile` (or `label`) are expected"
        )
    posed = set(_POSE_COLUMNS) <= set(columns)
    labels: dict[str, _Label] = {}
    for row in reader:
        if row.get("usable", "1") == "0":
            continue
        name = (folder / row["file"]).as_posix()
        if name not in files:
            raise ConfigurationError(f"{table}, line {reader.line_num}: {name} is not there")
        smile = _label(row, f"{table}, line {reader.line_num}")
        yaw, pitch = _POSE_COLUMNS
        labels[name] = _Label(smile, (_angle(row[yaw]), _angle(row[pitch])) if posed else None)
    return labels


def _angle(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _label(row: dict[str, str], place: str) -> bool | str:
    if "label" in row:
        if row["label"] not in LABELS:
            raise ConfigurationError(
                f"{place}: label is {row['label']!r}; one of {', '.join(LABELS)} is expected"
            )
        return row["label"]
    if row["smile"] not in ("0", "1"):
        raise ConfigurationError(f"{place}: smile is {row['smile']!r}; 0 or 1 is expected")
    return row["smile"] == "1"


def _from_folders(files: dict[str, bytes]) -> dict[str, _Label]:
    labels: dict[str, _Label] = {}
    for name in files:
        folder = PurePosixPath(name).parent.name
        if folder in LABELS:
            labels[name] = _Label(folder)
        elif folder in _SMILING_FOLDERS:
            labels[name] = _Label(_SMILING_FOLDERS[folder])
    return labels


def _decode(name: str, content: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ConfigurationError(f"{name} is no picture that can be read")
    return np.asarray(image, np.uint8)
