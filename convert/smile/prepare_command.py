"""`prepare`: from downloaded files to one prepared set."""

from __future__ import annotations

import argparse
from typing import Any

from convert.errors import ConfigurationError
from convert.faces.prepared_set import Faces, from_npz, from_official_files
from convert.faces.smile_classes import LABELS


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Read, check, write; report counts per split and class."""
    absent = 0
    if options.npz is not None:
        if options.pixels is not None or options.votes is not None:
            raise ConfigurationError("give either --npz or --pixels and --votes, not both")
        faces = from_npz(options.npz)
    elif options.pixels is not None and options.votes is not None:
        faces, absent = from_official_files(options.pixels, options.votes)
    else:
        raise ConfigurationError("give --pixels fer2013.csv and --votes fer2013new.csv, or --npz")
    if options.seed_subset:
        faces = faces.take(faces.in_seed_subset)
    faces.save(options.out)
    report: dict[str, Any] = {
        "file": str(options.out),
        "faces": len(faces),
        "faces_without_picture": absent,
        "splits": faces.counts(),
    }
    report["text"] = _text(report, faces)
    return report


def _text(report: dict[str, Any], faces: Faces) -> str:
    lines = [f"{report['file']}: {len(faces)} faces"]
    if report["faces_without_picture"]:
        lines.append(
            f"{report['faces_without_picture']} named faces have no picture and are left out"
        )
    lines.append(f"{'split':12}" + "".join(f"{n:>12}" for n in ("faces", *LABELS, "seed_subset")))
    for split, counts in report["splits"].items():
        lines.append(f"{split:12}" + "".join(f"{count:12}" for count in counts.values()))
    return "\n".join(lines)
