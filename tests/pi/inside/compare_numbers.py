# ruff: noqa: T201 - its result is printed
"""Compares the number in every saved photo with that of the frame it was rated by.

usage: compare_numbers.py NOTES ALBUM_FOLDER — prints one JSON object.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import painted

from device.album.album import Album
from device.config.album import AlbumSettings

rated = {}
for text in Path(sys.argv[1]).read_text().splitlines():
    line = json.loads(text)
    if "number" in line:
        rated[line["frame"]] = line["number"]

folder = Path(sys.argv[2])
album = Album(folder, AlbumSettings(), camera_name="proof")
compared, unequal, unreadable, sizes = 0, [], [], set()
for entry in album.entries("newest", limit=100_000):
    picture = cv2.imread(str(album.path(entry)))
    saved = painted.read(picture)
    sizes.add(f"{picture.shape[1]}x{picture.shape[0]}")
    expected = rated.get(entry.shot.rating.frame)
    compared += 1
    if saved is None or expected is None:
        unreadable.append(entry.file)
    elif saved != expected:
        unequal.append([entry.file, expected, saved])
album.close()
print(
    json.dumps(
        {
            "compared": compared,
            "unequal": unequal,
            "unreadable": unreadable,
            "sizes": sorted(sizes),
            "distinct_numbers": len({n for n in rated.values() if n is not None}),
        }
    )
)
