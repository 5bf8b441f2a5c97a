"""Makes a dataset's clean face look like one that a camera and a detector deliver.

Every change stands for something that happens: boxes that jitter (shift, scale, stretch, turn),
faces far away (low resolution), blur of focus and motion, sharpening, exposure and contrast,
light from one side, sensor noise, JPEG, something before the face, a mirror.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]

_BORDERS = (cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101, cv2.BORDER_CONSTANT)
_BORDER_SHARES = (0.5, 0.3, 0.2)
_INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LINEAR)
_JPEG_QUALITY = [int(cv2.IMWRITE_JPEG_QUALITY)]


def augmented(
    face: NDArray[np.uint8], resolution: int, random: np.random.Generator, strength: float = 1.0
) -> Pixels:
    """One face as it might arrive.

    Args:
        face: (side, side) uint8 gray.
        resolution: side of the result, in pixels.
        random: where chance comes from.
        strength: 0 only scales (and mirrors half of the faces), 1 is meant for training.

    Returns:
        (resolution, resolution) float32 from 0 to 255.
    """
    seen = _from_afar(face, random) if random.random() < 0.25 * strength else face
    if random.random() < 0.15 * strength:
        seen = _as_jpeg(seen, int(random.integers(25, 90)))
    framed = _framed(seen, resolution, random, strength)
    focused = _focused(framed, resolution, random, strength)
    lit = _lit(focused.astype(np.float32), random, strength)
    if random.random() < 0.25 * strength:
        noise = random.normal(0, random.uniform(2, 14), lit.shape)
        lit = (lit + noise).astype(np.float32)
    result = np.clip(lit, 0, 255).astype(np.float32)
    if random.random() < 0.12 * strength:
        _cover(result, random)
    return result


def _from_afar(face: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    side = int(random.integers(16, 41))
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, face.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _as_jpeg(face: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, encoded = cv2.imencode(".jpg", face, [*_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    return face if decoded is None else np.asarray(decoded, np.uint8)


def _framed(
    face: NDArray[np.uint8], resolution: int, random: np.random.Generator, strength: float
) -> NDArray[np.uint8]:
    """Cut as a detector whose boxes jitter, and scaled to the network's input."""
    side = face.shape[0]
    scale = np.exp(random.uniform(-0.18, 0.18) * strength)
    stretch = np.exp(random.uniform(-0.07, 0.07) * strength)
    angle = np.deg2rad(random.normal(0, 7) * strength)
    turn = np.array(
        [
            [np.cos(angle) * stretch, -np.sin(angle)],
            [np.sin(angle), np.cos(angle) / stretch],
        ]
    )
    matrix = resolution / side * scale * turn
    if random.random() < 0.5:
        matrix[:, 0] *= -1
    source, target = np.full(2, (side - 1) / 2), np.full(2, (resolution - 1) / 2)
    shift = random.uniform(-0.08, 0.08, 2) * resolution * strength
    offset = target + shift - matrix @ source
    warped = cv2.warpAffine(
        face,
        np.c_[matrix, offset],
        (resolution, resolution),
        flags=_INTERPOLATIONS[random.integers(len(_INTERPOLATIONS))],
        borderMode=_BORDERS[random.choice(len(_BORDERS), p=_BORDER_SHARES)],
        borderValue=int(random.integers(0, 200)),
    )
    return np.asarray(warped, np.uint8)


def _focused(
    face: NDArray[np.uint8], resolution: int, random: np.random.Generator, strength: float
) -> NDArray[np.uint8]:
    """Out of focus, moved, or sharpened by the camera."""
    unit = resolution / 96
    if random.random() < 0.2 * strength:
        return np.asarray(cv2.GaussianBlur(face, (0, 0), unit * random.uniform(0.5, 1.8)), np.uint8)
    if random.random() < 0.08 * strength:
        return np.asarray(cv2.filter2D(face, -1, _streak(unit, random)), np.uint8)
    if random.random() < 0.15 * strength:
        soft = cv2.GaussianBlur(face, (0, 0), resolution / 48)
        return np.asarray(cv2.addWeighted(face, 2, soft, -1, 0), np.uint8)
    return face


def _streak(unit: float, random: np.random.Generator) -> Pixels:
    length = max(3, int(unit * random.integers(3, 9)))
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1 / length
    centre = (length / 2 - 0.5, length / 2 - 0.5)
    turn = cv2.getRotationMatrix2D(centre, random.uniform(0, 180), 1)
    turned = np.asarray(cv2.warpAffine(line, turn, (length, length)), np.float32)
    return turned / max(float(turned.sum()), 1e-3)


def _lit(face: Pixels, random: np.random.Generator, strength: float) -> Pixels:
    """Exposure, contrast, and light from one side."""
    if random.random() < 0.7 * strength:
        exposed = 255 * np.power(face / 255, np.exp(random.uniform(-0.45, 0.45)))
        contrast = np.exp(random.uniform(-0.45, 0.3))
        brightness = 128 + random.uniform(-35, 35)
        face = ((exposed - 128) * contrast + brightness).astype(np.float32)
    if random.random() < 0.1 * strength:
        side = face.shape[0]
        ramp = np.linspace(random.uniform(0.4, 1), random.uniform(0.8, 1.3), side)
        shade = ramp[np.newaxis] if random.random() < 0.6 else ramp[:, np.newaxis]
        return (face * shade).astype(np.float32)
    return face


def _cover(face: Pixels, random: np.random.Generator) -> None:
    side = face.shape[0]
    height, width = (side * random.uniform(0.1, 0.4, 2)).astype(int)
    top, left = random.integers(0, side - height), random.integers(0, side - width)
    face[top : top + height, left : left + width] = random.integers(0, 256)
