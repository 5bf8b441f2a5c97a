"""Everything the appliance must show about eyes, measured with the appliance's own code."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from convert.eyes.clips import (
    BLINK_CLIPS,
    GRIN_CLIP,
    GRIN_STATES,
    read_blink_labels,
    read_clip,
)
from convert.eyes.eye_sets import EyePatchSet, load_cew, load_eyes96
from convert.eyes.measures import balanced_accuracy, compare_states
from convert.eyes.pictures import OpenFace, open_eyed_faces
from convert.eyes.seed_cascade import SeedCascadeReader
from convert.eyes.state_samples import whole_patch
from device.config.eyes import EyesSettings
from device.config.faces import FacesSettings
from device.vision.eye_history import EyeHistory
from device.vision.eye_location import standardise
from device.vision.eyes import EyeReader, make_eye_reader
from device.vision.faces import Detection, FaceDetector
from device.vision.geometry import Box
from device.vision.manifest import Manifest
from device.vision.rating import EyeReading, EyeState, FaceReading, SmileReading
from device.vision.tflite import TfliteModel

TOLERANCE_FRAMES: Final = 2
MATCH_IOU: Final = 0.3
COST_REPEATS: Final = 200
NO_SMILE: Final = SmileReading((1.0, 0.0, 0.0, 0.0))


@dataclass(frozen=True, slots=True)
class Spotted:
    """One frame of a clip and the face that was found in it, the largest."""

    time_s: float
    gray: NDArray[np.uint8]
    box: Box | None


def evaluate_readers(data: Path, models: Path) -> dict[str, Any]:
    """Measure the network, the cascade and the seed's cascade; every row of the eyes' table."""
    settings = EyesSettings(method="network")
    readers: dict[str, tuple[EyeReader, bool]] = {
        "network": (make_eye_reader(settings, models, 1), True),
        "cascade": (make_eye_reader(EyesSettings(method="cascade"), models, 1), True),
        "seed": (SeedCascadeReader(), False),
    }
    detector = load_detector(models, "fast")
    clips = {
        name: spot_faces(data / folder / name, detector)
        for folder, name in (*(("blink_clips", n) for n in BLINK_CLIPS), ("clips", GRIN_CLIP))
    }
    faces = match_open_faces(data, load_detector(models, "thorough"))
    labels = read_blink_labels(data)
    report: dict[str, Any] = {"patches": evaluate_patches(data, models, settings)}
    for name, (reader, smoothed) in readers.items():
        states = {clip: read_states(frames, reader, smoothed) for clip, frames in clips.items()}
        report[name] = {
            "blink_clips": blink_figures(labels, states),
            "grin": grin_figures(states[GRIN_CLIP]),
            "open_faces": open_face_figures(faces, reader),
            "cost_ms": cost_figures(clips[GRIN_CLIP], reader),
        }
    return report


def evaluate_patches(data: Path, models: Path, settings: EyesSettings) -> dict[str, Any]:
    """Balanced accuracy of the 8-bit state network on the people kept for testing."""
    model = TfliteModel(Manifest.load(models).verified_file(settings.state_model))
    sets = {"cew": load_cew(data).part(test=True), "eyes96": load_eyes96(data).part(test=True)}
    opened = {name: _read_patches(model, part) for name, part in sets.items()}
    truth = [bool(value) for part in sets.values() for value in part.is_open]
    answers = [value for values in opened.values() for value in values]
    return {
        "balanced_accuracy": balanced_accuracy(truth, answers),
        **{
            name: balanced_accuracy([bool(value) for value in part.is_open], opened[name])
            for name, part in sets.items()
        },
        "patches": len(truth),
    }


def load_detector(models: Path, mode: str) -> FaceDetector:
    """The appliance's face detector, `fast` or `thorough`."""
    manifest = Manifest.load(models)
    return FaceDetector(
        manifest.verified_file("face_detector_layout"),
        manifest.verified_file("face_detector"),
        FacesSettings.model_validate({"mode": mode}),
    )


def spot_faces(file: Path, detector: FaceDetector) -> list[Spotted]:
    """Read a clip and find the largest face of every frame."""
    frames: list[Spotted] = []
    for time_s, picture in read_clip(file):
        found = detector.detect(picture)
        largest = max(found, key=lambda face: face.box.area).box if found else None
        frames.append(Spotted(time_s, _gray(picture), largest))
    return frames


def read_states(frames: Sequence[Spotted], reader: EyeReader, smoothed: bool) -> list[EyeState]:
    """The state of the face in every frame, as the daemon would have it."""
    history = EyeHistory(EyesSettings(smoothing=smoothed))
    states: list[EyeState] = []
    for frame in frames:
        if frame.box is None:
            history.update(frame.time_s, ())
            states.append("unknown")
            continue
        face = FaceReading(frame.box, 1.0, 0.0, NO_SMILE, reader.read(frame.gray, frame.box))
        states.append(history.update(frame.time_s, (face,))[0].eyes.state)
    return states


def blink_figures(
    labels: dict[str, list[EyeState]], states: dict[str, list[EyeState]]
) -> dict[str, Any]:
    """Balanced accuracy per blink clip with the tolerance and without, and their mean."""
    figures: dict[str, Any] = {}
    for clip in BLINK_CLIPS:
        for tolerance in (TOLERANCE_FRAMES, 0):
            compared = compare_states(labels[clip], states[clip], tolerance)
            figures[f"{clip} within {tolerance}"] = {
                "balanced_accuracy": compared.balanced_accuracy,
                **asdict(compared),
            }
    within = [
        figures[f"{clip} within {TOLERANCE_FRAMES}"]["balanced_accuracy"] for clip in BLINK_CLIPS
    ]
    return {"balanced_accuracy": sum(within) / len(within), **figures}


def grin_figures(states: Sequence[EyeState]) -> dict[str, Any]:
    """The frames of the grin that were read wrongly."""
    wrong = [
        frame
        for first, last, state in GRIN_STATES
        for frame in range(first, last + 1)
        if states[frame] != state
    ]
    return {"wrong": len(wrong), "frames": wrong}


def match_open_faces(data: Path, detector: FaceDetector) -> list[tuple[OpenFace, Box]]:
    """Open-eyed faces with the detector's own box; those it does not find are left out."""
    matched: list[tuple[OpenFace, Box]] = []
    for face in open_eyed_faces(data):
        found = _match(face, detector.detect(face.picture))
        if found is not None:
            matched.append((face, found))
    return matched


def open_face_figures(faces: Sequence[tuple[OpenFace, Box]], reader: EyeReader) -> dict[str, Any]:
    """How many open-eyed faces are called closed, or not judged."""
    readings: list[tuple[str, EyeReading]] = [
        (face.name, reader.read(_gray(face.picture), box)) for face, box in faces
    ]
    closed = [name for name, reading in readings if reading.state == "closed"]
    unknown = [name for name, reading in readings if reading.state == "unknown"]
    return {
        "faces": len(readings),
        "called_closed": len(closed) / max(1, len(readings)),
        "unknown": len(unknown) / max(1, len(readings)),
        "closed": closed,
        "not_judged": unknown,
    }


def cost_figures(frames: Sequence[Spotted], reader: EyeReader) -> dict[str, float]:
    """Milliseconds of one face, one thread: the least, the median and the 95th percentile."""
    cv2.setNumThreads(1)
    with_face = [frame for frame in frames if frame.box is not None]
    took = [
        1000 * _timed(lambda frame=frame: reader.read(frame.gray, frame.box))  # type: ignore[misc]
        for frame in (with_face * COST_REPEATS)[:COST_REPEATS]
    ]
    least, median, slow = np.percentile(took, (0, 50, 95))
    return {"least": float(least), "median": float(median), "p95": float(slow)}


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _read_patches(model: TfliteModel, patches: EyePatchSet) -> list[bool]:
    crops = [standardise(whole_patch(image).patch(None)) for image in patches.images]
    logits = model.run(model.input.quantize(np.stack(crops)[..., np.newaxis]))
    return [bool(opened > closed) for closed, opened, _ in logits]


def _match(face: OpenFace, found: Sequence[Detection]) -> Box | None:
    if not found:
        return None
    if face.box is None:
        return max(found, key=lambda detection: detection.confidence).box
    drawn = face.box
    best = max(found, key=lambda detection: detection.box.iou(drawn)).box
    return best if best.iou(drawn) >= MATCH_IOU else None


def _gray(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
