"""What cameras and light do to a grey crop, so that a network cannot live on one source's look.

Closed eyes of CEW are brighter and eyes96 is sharper than any camera: every source passes through
the same random resolutions, blurs, noises and lights, and afterwards the crop is standardised.
"""

import cv2
import numpy as np
from numpy.typing import NDArray


def degrade(
    crop: NDArray[np.uint8], detail_px: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a degraded copy of a square grey crop, uint8 (side, side).

    `detail_px` is the range of resolutions, in pixels across the crop, to bring it down to.
    """
    crop = _lower_resolution(crop, detail_px, rng)
    if rng.random() < 0.3:
        crop = _blur(crop, rng)
    elif rng.random() < 0.2:
        crop = np.asarray(cv2.addWeighted(crop, 2, cv2.GaussianBlur(crop, (0, 0), 1.5), -1, 0))
    values = _light(crop.astype(np.float32), rng)
    if rng.random() < 0.6:
        values += rng.normal(0, rng.uniform(0.5, 7), values.shape)
    crop = np.clip(values, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(20, 90))
        encoded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        crop = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))
    return np.asarray(crop, dtype=np.uint8)


def _lower_resolution(
    crop: NDArray[np.uint8], detail_px: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.uint8]:
    side = crop.shape[0]
    lowest, highest = np.log(detail_px[0]), np.log(detail_px[1])
    detail = round(float(np.exp(rng.uniform(lowest, highest))))
    if detail >= side:
        return crop
    small = cv2.resize(crop, (detail, detail), interpolation=cv2.INTER_AREA)
    method = cv2.INTER_CUBIC if rng.random() < 0.3 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(small, (side, side), interpolation=method), dtype=np.uint8)


def _blur(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < 0.6:
        return np.asarray(cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.4, 1.3)), dtype=np.uint8)
    length = int(rng.integers(3, 6))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    middle = (length - 1) / 2
    turn = cv2.getRotationMatrix2D((middle, middle), float(rng.uniform(0, 180)), 1)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
    return np.asarray(cv2.filter2D(crop, -1, kernel / max(float(kernel.sum()), 1e-3)), np.uint8)


def _light(values: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    gamma = np.exp(rng.uniform(-0.6, 0.6))
    values = 255 * np.power(values / 255, gamma)
    contrast = np.exp(rng.uniform(-1.2, 0.4))
    values = (values - values.mean()) * contrast + rng.uniform(30, 210)
    if rng.random() < 0.4:
        side = values.shape[0]
        y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        angle = rng.uniform(0, 2 * np.pi)
        values += rng.uniform(0, 50) * (np.cos(angle) * x + np.sin(angle) * y)
    return values.astype(np.float32)
