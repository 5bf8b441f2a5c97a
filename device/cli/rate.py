"""`printability rate IMAGE…`: one rating per picture."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
from tqdm import tqdm

from device.camera.frame import Image
from device.cli.exit_codes import DONE, FAILED
from device.cli.options import add_config_options, add_json_option, config_of
from device.cli.rating_text import describe
from device.messages.rating import rating_to_json
from device.vision.analyser import Analyser, make_analyser
from device.vision.annotation import annotate
from device.vision.image_file import ImageError, read_image
from device.vision.rating import Rating, UnknownEyes, rate

DEFAULT_MAX_MEGAPIXELS = 200


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("rate", help="rate pictures", description=__doc__)
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="picture or folder")
    parser.add_argument(
        "--annotated",
        type=Path,
        metavar="FOLDER",
        help="write a copy of each picture with boxes and scores into this folder",
    )
    parser.add_argument(
        "--max-megapixels",
        type=float,
        default=DEFAULT_MAX_MEGAPIXELS,
        help="refuse larger pictures before decoding (default: %(default)s)",
    )
    add_json_option(parser)
    add_config_options(parser)
    parser.set_defaults(execute=execute)


def execute(parsed: argparse.Namespace) -> int:
    """Rate every picture; 1 if none of some could be rated."""
    config = config_of(parsed)
    analyser = make_analyser(config)
    if parsed.annotated is not None:
        parsed.annotated.mkdir(parents=True, exist_ok=True)
    files = list(_files(parsed.images))
    results: list[dict[str, Any]] = []
    for file in tqdm(files, unit="picture", disable=len(files) < 4 or not sys.stderr.isatty()):
        try:
            image, rating = rate_file(
                file, analyser, config.eyes.unknown_counts_as, int(parsed.max_megapixels * 1e6)
            )
        except ImageError as error:
            results.append({"file": str(file), "error": str(error)})
            if not parsed.json:
                print(f"{file}: {error}", file=sys.stderr)
            continue
        results.append({"file": str(file), **rating_to_json(rating)})
        if not parsed.json:
            print(f"{file}: {describe(rating)}")
        if parsed.annotated is not None:
            _write(parsed.annotated / f"{file.stem}.rated.jpg", annotate(image, rating))
    if parsed.json:
        print(json.dumps(results, indent=1))
    return FAILED if any("error" in result for result in results) else DONE


def rate_file(
    file: Path, analyser: Analyser, unknown_eyes: UnknownEyes, max_pixels: int
) -> tuple[Image, Rating]:
    """Rate one picture file.

    Returns:
        The upright picture, uint8 BGR, and its rating, timed by the picture's own metadata or
        else by the file's date.

    Raises:
        ImageError: it cannot be read as a picture.
    """
    decoded = read_image(file, max_pixels)
    # A time without a zone is the camera's local time; so is this machine's.
    taken_at = (decoded.taken_at or datetime.fromtimestamp(file.stat().st_mtime)).astimezone(UTC)  # noqa: DTZ006
    faces = analyser.analyse(decoded.image)
    return decoded.image, rate(faces, frame=0, time=taken_at, unknown_eyes=unknown_eyes)


def _files(paths: list[Path]) -> Iterator[Path]:
    """The files named, and those inside the folders named, sorted."""
    for path in paths:
        if path.is_dir():
            yield from sorted(child for child in path.rglob("*") if child.is_file())
        else:
            yield path


def _write(path: Path, image: Image) -> None:
    encoded, data = cv2.imencode(".jpg", image)
    if not encoded:
        raise OSError(f"{path} could not be encoded as JPEG")
    path.write_bytes(data.tobytes())
