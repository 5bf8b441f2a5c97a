"""Which files a replay shows, and in which order."""

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from device.camera.frame import CameraError

logger = logging.getLogger(__name__)

PICTURE_SUFFIXES: Final = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".avif", ".tif"),
        *(".tiff", ".bmp", ".dib", ".gif", ".jp2", ".j2k", ".ppm", ".pgm", ".pbm"),
        *(".pnm", ".ico", ".pcx", ".sgi", ".qoi", ".tga"),
    )
)
VIDEO_SUFFIXES: Final = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".m2v"),
        *(".ts", ".mts", ".m2ts", ".3gp", ".3g2", ".wmv", ".asf", ".flv", ".ogv"),
        *(".mjpeg", ".mjpg", ".h264", ".264", ".h265", ".265", ".hevc", ".divx", ".vob"),
        *(".mxf"),
    )
)


def is_picture(path: Path) -> bool:
    """Whether the name says that this is a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def is_video(path: Path) -> bool:
    """Whether the name says that this is a film."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def replay_files(source: Path) -> tuple[Path, ...]:
    """The files of a replay, in the order in which they are shown.

    A folder is a recorded event: its pictures and films in the order of their names, where
    numbers count as numbers (`img2` before `img10`).  Its folders are not entered and other
    files are passed over.

    Raises:
        CameraError: `source` is missing, empty, or has nothing to show.
    """
    try:
        if not source.is_dir():
            if not source.exists():
                raise CameraError(
                    f"there is no file or folder {source} to replay; check camera.source"
                )
            return (source,)
        found = [path for path in source.iterdir() if path.is_file()]
    except OSError as error:
        raise CameraError(f"{source} cannot be read: {error.strerror or error}") from error
    shown = sorted((path for path in found if is_picture(path) or is_video(path)), key=_by_name)
    if not shown:
        raise CameraError(
            f"the folder {source} has no picture and no film to replay "
            f"({_count(len(found), 'other file')}); pictures end in .jpg, .png …, films in .mp4 …"
        )
    if len(shown) < len(found):
        logger.info(
            "Replaying %s: %s neither pictures nor films by their names, passed over",
            source,
            _count(len(found) - len(shown), "file is", "files are"),
        )
    return tuple(shown)


def existing_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The given files in the given order, folders replaced by what they show.

    Raises:
        CameraError: the list is empty, or one is missing or has nothing to show.
    """
    files = tuple(file for path in paths for file in replay_files(path))
    if not files:
        raise CameraError("no file was given to replay")
    return files


def _by_name(path: Path) -> tuple[tuple[int, int, str], ...]:
    """A sort key in which digits compare by their value."""
    parts = re.findall(r"(\d+)|(\D+)", path.name.lower())
    # int() of thousands of digits is refused by Python; file names have at most 255.
    return tuple((0, int(digits), "") if digits else (1, 0, text) for digits, text in parts)


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
