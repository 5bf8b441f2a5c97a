"""Training samples of the eye-state network: patches in the appliance's own framing.

Three sources: CEW and eyes96, labelled by people; and natural faces, whose eyes the teacher
measured.  A laughing squint is open, so natural eyes count as open far down (to `OPEN_FROM`); only
eyes nearly shut in both views count as closed, and what lies between is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from convert.eyes.degrade import degrade
from convert.eyes.eye_sets import EyePatchSet
from convert.eyes.face_set import FaceSet
from convert.eyes.networks import STATE_SIZE_PX
from convert.eyes.occlusion import draw_bar, draw_spectacles, draw_sunglasses
from device.vision.eye_location import EyePair, cut_rotated, standardise
from device.vision.eye_state import EYE_LABELS, PATCH_SIDE

CLOSED, OPEN, HIDDEN = (EYE_LABELS.index(label) for label in ("closed", "open", "hidden"))
# Eye-aspect ratios of the teacher: at most, in every view, for closed; at least for open.
CLOSED_TO: Final = 0.12
OPEN_FROM: Final = 0.15
# How often each kind is drawn for training.
CLASS_SHARES: Final = (0.4, 0.4, 0.2)
# The share of natural eyes among those drawn, where there are `ENOUGH_NATURAL` or more of a class.
NATURAL_SHARE: Final = 0.45
ENOUGH_NATURAL: Final = 600
# Spread of the locator's error in patch sides, of the size and of the tilt.
CENTRE_SPREAD: Final = 0.06
SIZE_SPREAD: Final = 0.12
TILT_SPREAD_DEG: Final = 5.0
# Places on a face where there is no eye: at least this far from both, in eye distances.
AWAY_FROM_EYES: Final = 0.6


@dataclass(frozen=True, slots=True)
class StateSources:
    """Where patches come from."""

    patches: tuple[EyePatchSet, ...]
    faces: tuple[FaceSet, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A square to be cut from a picture: its place, side and tilt."""

    image: NDArray[np.uint8]
    x: float
    y: float
    side_px: float
    roll_rad: float

    def patch(self, rng: np.random.Generator | None) -> NDArray[np.uint8]:
        """Cut it, uint8 (32, 32), with the locator's error where `rng` is given."""
        x, y, side, roll = self.x, self.y, self.side_px, self.roll_rad
        if rng is not None:
            x += rng.normal(0, CENTRE_SPREAD) * side
            y += rng.normal(0, CENTRE_SPREAD) * side
            side *= float(np.exp(rng.normal(0, SIZE_SPREAD)))
            roll += np.deg2rad(rng.normal(0, TILT_SPREAD_DEG))
        return cut_rotated(self.image, (x, y), side, roll, STATE_SIZE_PX)


class StateSampler:
    """Draws labelled patches, balanced over classes and sources."""

    def __init__(self, sources: StateSources) -> None:
        self._patches = sources.patches
        self._faces = sources.faces
        self._natural = {
            label: [_rows(faces, label) for faces in sources.faces] for label in (CLOSED, OPEN)
        }

    @property
    def natural_counts(self) -> dict[int, list[int]]:
        """How many natural eyes of either class each face set offers."""
        return {label: [len(rows) for rows in found] for label, found in self._natural.items()}

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[np.float32], int]:
        """One degraded, standardised patch (32, 32) float32 and its label."""
        label = int(rng.choice(3, p=CLASS_SHARES))
        patch = self._hidden(rng) if label == HIDDEN else self._visible(label, rng)
        if rng.random() < 0.5:
            patch = np.ascontiguousarray(patch[:, ::-1])
        return standardise(degrade(patch, (9, 44), rng)), label

    def _visible(self, label: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        patch = self._eye(label, rng).patch(rng).copy()
        middle = np.full((1, 2), STATE_SIZE_PX / 2, np.float32)
        if rng.random() < 0.3:
            draw_spectacles(patch, middle, rng)
        if rng.random() < 0.06:
            draw_bar(patch, middle[0] + rng.choice((-14, 14), 2), STATE_SIZE_PX / 3, rng)
        return patch

    def _eye(self, label: int, rng: np.random.Generator) -> Cut:
        rows = self._natural[label]
        counts = np.array([len(found) for found in rows], float)
        if rng.random() >= NATURAL_SHARE * min(1.0, counts.sum() / ENOUGH_NATURAL):
            # CEW is drawn as often as its size says.
            sizes = np.array([len(patches) for patches in self._patches], float)
            patches = self._patches[int(rng.choice(len(sizes), p=sizes / sizes.sum()))]
            row = int(rng.choice(np.flatnonzero(patches.is_open == (label == OPEN))))
            return whole_patch(patches.images[row])
        chosen = int(rng.choice(len(counts), p=np.sqrt(counts) / np.sqrt(counts).sum()))
        row, eye = rows[chosen][int(rng.integers(len(rows[chosen])))]
        return natural_eye(self._faces[chosen], int(row), int(eye))

    def _hidden(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        middle = np.full((1, 2), STATE_SIZE_PX / 2, np.float32)
        if rng.random() < 0.55:
            patch = self._eye(int(rng.integers(2)), rng).patch(rng).copy()
            draw_sunglasses(patch, middle, rng)
            return patch
        return self._elsewhere(rng).patch(None)

    def _elsewhere(self, rng: np.random.Generator) -> Cut:
        faces = self._faces[int(rng.integers(len(self._faces)))]
        row = int(rng.integers(len(faces)))
        eyes, image = faces.eyes[row], faces.images[row]
        distance = float(np.linalg.norm(eyes[1] - eyes[0]))
        side = PATCH_SIDE * distance * float(np.exp(rng.normal(0, 0.3)))
        x, y = rng.uniform(0, image.shape[0], 2)
        for _ in range(20):
            if np.linalg.norm(eyes - (x, y), axis=1).min() > AWAY_FROM_EYES * distance:
                break
            x, y = rng.uniform(0, image.shape[0], 2)
        else:
            x, y = 0.0, float(image.shape[0])
        return Cut(image, x, y, max(side, 4.0), float(rng.normal(0, 0.2)))


def whole_patch(image: NDArray[np.uint8]) -> Cut:
    """The cut that shows all of a labelled patch."""
    side = float(image.shape[0])
    return Cut(image, side / 2, side / 2, side, 0.0)


def natural_eye(faces: FaceSet, row: int, eye: int) -> Cut:
    """The cut of one eye (0 left, 1 right in the picture) of a face, as the appliance cuts it."""
    left, right = faces.eyes[row]
    pair = EyePair((float(left[0]), float(left[1])), (float(right[0]), float(right[1])))
    centre = faces.eyes[row, eye]
    side = PATCH_SIDE * pair.distance_px
    return Cut(faces.images[row], float(centre[0]), float(centre[1]), side, pair.roll_rad)


def natural_rows(faces: FaceSet, label: int) -> Iterator[tuple[int, int]]:
    """(face, eye) of the eyes that both of the teacher's views call closed, or open."""
    both_eyes = faces.openness
    if label == CLOSED:
        certain = (both_eyes <= CLOSED_TO).all(axis=(1, 2))
    else:
        certain = (both_eyes >= OPEN_FROM).all(axis=(1, 2))
    for row in np.flatnonzero(certain):
        yield int(row), 0
        yield int(row), 1


def _rows(faces: FaceSet, label: int) -> NDArray[np.intp]:
    return np.array(list(natural_rows(faces, label)), dtype=np.intp).reshape(-1, 2)
