"""`verify`: proves a shipped file; exits with 1 where a check fails."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError, ConvertError
from convert.faces.prepared_set import Faces
from convert.smile.verification import (
    Check,
    check_agreement,
    check_integer,
    check_manifest,
    check_runtimes,
)
from device.vision.manifest import Manifest, ManifestError

_RUNTIME_FACES = 64


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Make every check that the given options allow."""
    try:
        model = Manifest.load(options.models).file(options.name)
    except ManifestError as error:
        raise ConfigurationError(str(error)) from error
    checks = [check_manifest(options.models, options.name)]
    if model.is_file():
        checks.append(check_integer(model))
        faces = _faces(options)
        images = _noise() if faces is None else faces.images
        check, _ = check_runtimes(model, images[:_RUNTIME_FACES], options.runtime_python)
        checks.append(check)
        if options.reference is not None:
            if faces is None:
                raise ConfigurationError("--float needs --set: answers are compared on real faces")
            checks.append(check_agreement(options.reference, model, faces.images, faces.classes))
    report: dict[str, Any] = {
        "model": options.name,
        "file": str(model),
        "passed": all(check.passed for check in checks),
        "checks": [check.to_json() for check in checks],
        "text": "\n".join(_line(check) for check in checks),
    }
    if not report["passed"]:
        failed = ", ".join(check.name for check in checks if not check.passed)
        raise ConvertError(f"{options.name} did not pass: {failed}", report)
    return report


def _faces(options: argparse.Namespace) -> Faces | None:
    if options.set is None:
        return None
    faces = Faces.load(options.set).of_split(options.split)
    return faces if options.limit is None else faces.take(np.arange(min(options.limit, len(faces))))


def _noise() -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.random.default_rng(0).integers(
        0, 256, (_RUNTIME_FACES, 48, 48), np.uint8
    )
    return pixels


def _line(check: Check) -> str:
    return f"{'ok    ' if check.passed else 'FAILED'} {check.name:10} {check.detail}"
