"""The five steps of the eye task, each one call that returns a report for printing as JSON."""

import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import numpy as np

from convert.errors import ConfigurationError, ConvertError
from convert.eyes.face_set import load_face_sets, read_training_faces
from convert.eyes.manifest_entries import LOCATOR, STATE, file_name, write_entries
from convert.eyes.training import LOCATOR_PLAN, STATE_PLAN, TrainingPlan

TRAINED: Final = ("locator.keras", "state.keras")


def prepare(
    data: Path, out: Path, *, landmarks: Path | None = None, teacher: Path | None = None
) -> dict[str, Any]:
    """Write `out`/faces.npz and `out`/landmarks.npz.

    Args:
        data: the folder with `ferplus/` and `genki4k_train.tar`.
        out: the folder to fill.
        landmarks: the teacher's labels where they were made before.
        teacher: else the Python of an environment with mediapipe; see `convert.eyes.teacher`.

    Raises:
        ConfigurationError: the data are not there, or neither labels nor a teacher were given.
        ConvertError: the teacher failed.
    """
    try:
        faces = read_training_faces(data)
    except OSError as error:
        raise ConfigurationError(f"the training faces in {data} cannot be read: {error}") from error
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / "faces.npz", **faces)  # type: ignore[arg-type]
    target = out / "landmarks.npz"
    if landmarks is not None:
        shutil.copyfile(landmarks, target)
    elif teacher is not None:
        script = Path(__file__).with_name("teacher.py")
        done = subprocess.run([teacher, script, out / "faces.npz", target], check=False)
        if done.returncode != 0:
            raise ConvertError(f"the teacher {teacher} ended with {done.returncode}")
    else:
        raise ConfigurationError(
            "eye positions are missing: give --landmarks FILE, or --teacher PYTHON with the python "
            "of an environment that has mediapipe 0.10.21 (it needs NumPy 1, so one of its own)"
        )
    sets = load_face_sets(out / "faces.npz", target)
    return {"faces": {name: len(part) for name, part in sets.items()}, "folder": str(out)}


def train(
    data: Path,
    prepared: Path,
    out: Path,
    *,
    locator_plan: TrainingPlan = LOCATOR_PLAN,
    state_plan: TrainingPlan = STATE_PLAN,
) -> dict[str, Any]:
    """Train both networks into `out`/locator.keras and `out`/state.keras.

    Raises:
        ConfigurationError: `prepared` was not filled by `prepare`, or `data` lacks the eye sets.
    """
    from convert.eyes.state_samples import StateSources
    from convert.eyes.training import (
        load_training_faces,
        load_training_patches,
        train_locator,
        train_state,
    )

    try:
        faces, patches = load_training_faces(prepared), load_training_patches(data)
    except OSError as error:
        raise ConfigurationError(
            f"{error}; run `printability-convert prepare --task eyes` first"
        ) from error
    locator = train_locator(faces, out, locator_plan)
    state = train_state(StateSources(patches, faces), out, state_plan)
    return {"locator": str(locator), "state": str(state)}


def quantize(data: Path, prepared: Path, trained: Path, models: Path) -> dict[str, Any]:
    """Write both networks as 8-bit files into `models` and note them in its manifest.

    Raises:
        ConfigurationError: a trained network is missing.
    """
    from convert.eyes.held_out import calibrate, locator_crops, state_crops
    from convert.eyes.quantizing import divide_logits, write_int8
    from convert.eyes.training import load_training_faces, load_training_patches

    locator, state = _load_trained(trained)
    temperature = calibrate(state, data, prepared)
    divide_logits(state, temperature)
    faces = load_training_faces(prepared)
    write_int8(locator, locator_crops(faces), models / file_name(LOCATOR))
    patches = load_training_patches(data)
    write_int8(state, state_crops(patches, faces), models / file_name(STATE))
    return {"temperature": temperature, "models": write_entries(models, temperature)}


def evaluate(data: Path, models: Path) -> dict[str, Any]:
    """Measure the eyes with the appliance's own code; see `convert.eyes.evaluation`."""
    from convert.eyes.evaluation import evaluate_readers

    return evaluate_readers(data, models)


def verify(data: Path, prepared: Path, trained: Path, models: Path) -> dict[str, Any]:
    """Compare the 8-bit files of `models` with the trained networks on faces not trained on.

    Raises:
        ConfigurationError: a trained network is missing.
        ConvertError: the 8-bit files disagree too often or too far.
    """
    from convert.eyes.held_out import agreement

    locator, state = _load_trained(trained)
    report = agreement(
        locator, state, data, prepared, models / file_name(LOCATOR), models / file_name(STATE)
    )
    if not report["passed"]:
        raise ConvertError(f"the 8-bit eye networks are not as good as the trained ones: {report}")
    return report


def _load_trained(folder: Path) -> tuple[Any, Any]:
    import keras

    missing = [name for name in TRAINED if not (folder / name).is_file()]
    if missing:
        raise ConfigurationError(
            f"{folder} lacks {' and '.join(missing)}; run `printability-convert train --task eyes`"
        )
    locator, state = (keras.models.load_model(folder / name) for name in TRAINED)
    return locator, state
