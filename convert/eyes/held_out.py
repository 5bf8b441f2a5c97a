"""Samples to quantize with, and those of people not trained on to calibrate and compare with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from convert.eyes.eye_sets import EyePatchSet, load_cew, load_eyes96
from convert.eyes.face_set import FaceSet, load_face_sets
from convert.eyes.locator_samples import locator_sample, pick_face
from convert.eyes.quantizing import CALIBRATION_SAMPLES, fit_temperature
from convert.eyes.state_samples import StateSampler, StateSources
from device.vision.tflite import TfliteModel

SAMPLES: Final = 2000
# What `verify` allows the 8-bit files: answers that change, and the mean shift of an eye in the
# crop (2 % of it is a nineteenth of the distance between the eyes).
MOST_CHANGED: Final = 0.02
MOST_SHIFT: Final = 0.02

Images = NDArray[np.float32]


def locator_crops(faces: Sequence[FaceSet], count: int = CALIBRATION_SAMPLES) -> Images:
    """Standardised face crops (count, 64, 64, 1)."""
    rng = np.random.default_rng(7)
    crops = [locator_sample(pick_face(faces[n % len(faces)], rng), rng)[0] for n in range(count)]
    return np.stack(crops)[..., np.newaxis]


def state_crops(
    patches: tuple[EyePatchSet, ...],
    faces: tuple[FaceSet, ...],
    count: int = CALIBRATION_SAMPLES,
) -> Images:
    """Standardised eye patches (count, 32, 32, 1)."""
    return _draw(StateSampler(StateSources(patches, faces)), count)[0]


def calibrate(state: Any, data: Path, prepared: Path) -> float:
    """The temperature of the state network, on patches of people it was not trained on."""
    images, labels = _held_out_patches(data, prepared)
    return fit_temperature(state.predict(images, verbose=0), labels)


def agreement(
    locator: Any, state: Any, data: Path, prepared: Path, locator_file: Path, state_file: Path
) -> dict[str, Any]:
    """How far the 8-bit files are from the trained networks."""
    faces = tuple(part.part(held_out=True) for part in _face_sets(prepared))
    crops = locator_crops(faces, SAMPLES // 4)
    small_locator, small_state = TfliteModel(locator_file), TfliteModel(state_file)
    trained_places = locator.predict(crops, verbose=0)
    places = small_locator.run(small_locator.input.quantize(crops))
    shift = float(np.linalg.norm((places - trained_places).reshape(-1, 2), axis=1).mean())
    patches, _ = _held_out_patches(data, prepared)
    trained_labels = state.predict(patches, verbose=0).argmax(axis=1)
    labels = small_state.run(small_state.input.quantize(patches)).argmax(axis=1)
    changed = float((labels != trained_labels).mean())
    return {
        "answers_changed": changed,
        "answers_changed_allowed": MOST_CHANGED,
        "mean_shift": shift,
        "mean_shift_allowed": MOST_SHIFT,
        "passed": changed <= MOST_CHANGED and shift <= MOST_SHIFT,
    }


def _held_out_patches(data: Path, prepared: Path) -> tuple[Images, NDArray[np.intp]]:
    patches = (load_cew(data).part(test=True), load_eyes96(data).part(test=True))
    faces = tuple(part.part(held_out=True) for part in _face_sets(prepared))
    return _draw(StateSampler(StateSources(patches, faces)), SAMPLES)


def _face_sets(prepared: Path) -> tuple[FaceSet, ...]:
    return tuple(load_face_sets(prepared / "faces.npz", prepared / "landmarks.npz").values())


def _draw(sampler: StateSampler, count: int) -> tuple[Images, NDArray[np.intp]]:
    rng = np.random.default_rng(7)
    drawn = [sampler.draw(rng) for _ in range(count)]
    images = np.stack([image for image, _ in drawn])[..., np.newaxis]
    return images, np.array([label for _, label in drawn], dtype=np.intp)
