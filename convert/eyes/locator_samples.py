"""Training samples of the eye locator: a face, a box as the detector would draw it, its crop."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from convert.eyes.degrade import degrade
from convert.eyes.face_set import FaceSet
from convert.eyes.occlusion import draw_bar, draw_spectacles, draw_sunglasses, eye_distance
from device.vision.eye_location import CROP_CENTRE_Y, CROP_SIDE, standardise

LOCATOR_SIZE_PX: Final = 64
# A ResNet10 box against the extent of the face mesh, medians on 396 GENKI faces: its width and
# height in face widths and heights, its centre's height above the face's centre.  The spreads
# are about twice the measured ones (0.022, 0.040; 0.042, 0.111).
BOX_WIDTH: Final = 0.965
BOX_HEIGHT: Final = 1.17
BOX_RISE: Final = 0.10
CENTRE_SPREAD: Final = (0.04, 0.06)
SIZE_SPREAD: Final = (0.08, 0.14)
TILT_DEG: Final = 15.0
MOST_TILT_DEG: Final = 40.0
DEGRADED_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Face:
    """One face and its labels, all in its own pixels."""

    image: NDArray[np.uint8]
    eyes: NDArray[np.float32]
    outline: NDArray[np.float32]


def pick_face(faces: FaceSet, rng: np.random.Generator) -> Face:
    """Draw one face, mirrored half of the time."""
    row = int(rng.integers(len(faces)))
    image, eyes, outline = faces.images[row], faces.eyes[row], faces.outline[row]
    if rng.random() < 0.5:
        flip = np.array([-1, 1], np.float32)
        shift = np.array([image.shape[1], 0], np.float32)
        image = np.ascontiguousarray(image[:, ::-1])
        eyes, outline = (eyes * flip + shift)[::-1], outline * flip + shift
    return Face(image, eyes, outline)


def locator_sample(
    face: Face, rng: np.random.Generator, *, plain: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One standardised crop (64, 64) float32 and its target (4,): x, y left, x, y right.

    `plain` leaves out tilt, occlusion and degradation: for measuring.
    """
    tilt = 0.0 if plain else float(np.clip(rng.normal(0, TILT_DEG), -MOST_TILT_DEG, MOST_TILT_DEG))
    stretch = 1.0 if plain else float(np.exp(rng.normal(0, 0.07)))
    turn = np.deg2rad(tilt)
    linear = np.array(
        [[np.cos(turn) * stretch, -np.sin(turn)], [np.sin(turn) * stretch, np.cos(turn)]]
    )
    outline, eyes = face.outline @ linear.T, face.eyes @ linear.T
    centre, side = _random_crop(outline, rng)
    scale = LOCATOR_SIZE_PX / side
    matrix = np.empty((2, 3))
    matrix[:, :2] = linear * scale
    # Pixel centres lie at half pixels of the coordinates that eyes and boxes are given in.
    corner = centre - side / 2
    matrix[:, 2] = scale * (linear @ (0.5, 0.5) - corner) - 0.5
    crop = np.asarray(
        cv2.warpAffine(
            face.image,
            matrix,
            (LOCATOR_SIZE_PX, LOCATOR_SIZE_PX),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE if plain or rng.random() < 0.6 else cv2.BORDER_CONSTANT,
            borderValue=float(rng.integers(0, 256)),
        ),
        dtype=np.uint8,
    )
    target = (eyes - corner) / side
    if not plain:
        _occlude(crop, (target * LOCATOR_SIZE_PX).astype(np.float32), rng)
        if rng.random() < DEGRADED_SHARE:
            crop = degrade(crop, (24, 90), rng)
    return standardise(crop), target.ravel().astype(np.float32)


def _random_crop(
    outline: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], float]:
    low, high = outline.min(axis=0), outline.max(axis=0)
    size = high - low
    width, height = size * (BOX_WIDTH, BOX_HEIGHT) * np.exp(rng.normal(0, SIZE_SPREAD))
    middle = (low + high) / 2 + size * rng.normal((0, -BOX_RISE), CENTRE_SPREAD)
    middle[1] += (CROP_CENTRE_Y - 0.5) * height
    return middle, float(CROP_SIDE * width)


def _occlude(crop: NDArray[np.uint8], eyes: NDArray[np.float32], rng: np.random.Generator) -> None:
    drawn = rng.random()
    if drawn < 0.25:
        draw_spectacles(crop, eyes, rng)
    elif drawn < 0.35:
        draw_sunglasses(crop, eyes, rng)
    if rng.random() < 0.15:
        distance = eye_distance(eyes, crop.shape[0])
        x, y = (int(value) for value in eyes.mean(axis=0))
        y += int(distance)
        reach = int(rng.uniform(0.3, 0.8) * distance)
        tone = int(rng.integers(0, 256))
        cv2.rectangle(crop, (x - 2 * reach, y - reach // 3), (x + 2 * reach, 64), tone, -1)
    if rng.random() < 0.15:
        draw_bar(crop, eyes[int(rng.integers(2))], eye_distance(eyes, crop.shape[0]) / 2, rng)
