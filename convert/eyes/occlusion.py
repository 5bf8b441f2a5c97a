"""Spectacles, glare, sunglasses, hair and hands drawn over crops: the sets show too few of them."""

import cv2
import numpy as np
from numpy.typing import NDArray


def draw_spectacles(
    image: NDArray[np.uint8], eyes: NDArray[np.float32], rng: np.random.Generator
) -> None:
    """Draw clear spectacles around eye centres (n, 2), in place."""
    distance = eye_distance(eyes, image.shape[0])
    tone = int(rng.choice([rng.integers(0, 70), rng.integers(0, 70), rng.integers(160, 256)]))
    thickness = max(1, round(distance * rng.uniform(0.02, 0.09)))
    axes, offset, angle = _lens(eyes, distance, rng)
    if rng.random() < 0.3:
        # A tint leaves the eye to be seen.
        lens = np.zeros(image.shape, np.uint8)
        for eye in eyes:
            cv2.ellipse(lens, _pixel(eye + offset), axes, angle, 0, 360, 255, -1)
        tinted = image * rng.uniform(0.6, 0.95) + rng.uniform(0, 30)
        image[lens > 0] = np.clip(tinted, 0, 255).astype(np.uint8)[lens > 0]
    for eye in eyes:
        _outline(image, eye + offset, axes, angle, tone, thickness, square=bool(rng.random() < 0.5))
    if len(eyes) == 2:
        bridge = (eyes[1] - eyes[0]) / max(distance, 1e-6)
        start, end = eyes[0] + offset + bridge * axes[0], eyes[1] + offset - bridge * axes[0]
        cv2.line(image, _pixel(start), _pixel(end), tone, thickness)
    if rng.random() < 0.4:
        _glare(image, eyes[int(rng.integers(len(eyes)))], distance, rng)


def draw_sunglasses(
    image: NDArray[np.uint8], eyes: NDArray[np.float32], rng: np.random.Generator
) -> None:
    """Draw dark spectacles through which no eye can be seen, in place."""
    distance = eye_distance(eyes, image.shape[0])
    axes, offset, angle = _lens(eyes, distance, rng)
    mask = np.zeros(image.shape, np.uint8)
    square = bool(rng.random() < 0.4)
    for eye in eyes:
        _outline(mask, eye + offset, axes, angle, 255, -1, square=square)
    tone, slope = rng.uniform(0, 70), rng.uniform(-40, 60)
    ramp = np.linspace(tone, tone + slope, image.shape[0])[:, None] + rng.normal(0, 3, image.shape)
    opacity = rng.uniform(0.93, 1.0)
    dark = np.clip(opacity * ramp + (1 - opacity) * image, 0, 255).astype(np.uint8)
    image[mask > 0] = dark[mask > 0]
    for eye in eyes:
        if rng.random() < 0.6:
            _reflection(image, mask, eye, distance, rng)
        if rng.random() < 0.5:
            edge = int(rng.integers(0, 256))
            thickness = max(1, round(distance * 0.03))
            _outline(image, eye + offset, axes, angle, edge, thickness, square=square)


def draw_bar(
    image: NDArray[np.uint8], centre: NDArray[np.float32], size: float, rng: np.random.Generator
) -> None:
    """Draw a strand, a finger or an edge near `centre`, in place."""
    turn = rng.uniform(0, np.pi)
    along = np.array([np.cos(turn), np.sin(turn)]) * size * 2
    middle = centre + rng.normal(0, 0.5 * size, 2)
    tone, thickness = int(rng.integers(0, 256)), max(1, round(size * rng.uniform(0.05, 0.5)))
    cv2.line(image, _pixel(middle - along), _pixel(middle + along), tone, thickness)


def eye_distance(eyes: NDArray[np.float32], side_px: int) -> float:
    """The distance between two eyes; of a patch with one, what it would be in that patch."""
    if len(eyes) == 2:
        return float(np.linalg.norm(eyes[1] - eyes[0]))
    return side_px / 0.7


def _lens(
    eyes: NDArray[np.float32], distance: float, rng: np.random.Generator
) -> tuple[tuple[int, int], NDArray[np.float64], float]:
    wide = distance * rng.uniform(0.3, 0.44)
    high = wide * rng.uniform(0.6, 1.0)
    offset = np.array([rng.normal(0, 0.03), rng.normal(0.05, 0.06)]) * distance
    angle = 0.0
    if len(eyes) == 2:
        angle = float(np.degrees(np.arctan2(*(eyes[1] - eyes[0])[::-1])))
    return (max(1, round(wide)), max(1, round(high))), offset, angle


def _outline(
    image: NDArray[np.uint8],
    centre: NDArray[np.float64],
    axes: tuple[int, int],
    angle: float,
    tone: int,
    thickness: int,
    *,
    square: bool,
) -> None:
    if not square:
        cv2.ellipse(image, _pixel(centre), axes, angle, 0, 360, tone, thickness, cv2.LINE_AA)
        return
    corners = cv2.boxPoints((_pixel(centre), (2 * axes[0], 2 * axes[1]), angle)).astype(np.int32)
    if thickness < 0:
        cv2.fillPoly(image, [corners], tone, cv2.LINE_AA)
    else:
        cv2.polylines(image, [corners], True, tone, thickness, cv2.LINE_AA)


def _glare(
    image: NDArray[np.uint8], eye: NDArray[np.float32], distance: float, rng: np.random.Generator
) -> None:
    centre = eye + rng.normal(0, 0.15, 2) * distance
    axes = (
        max(1, round(distance * rng.uniform(0.02, 0.12))),
        max(1, round(distance * rng.uniform(0.02, 0.08))),
    )
    layer = image.copy()
    cv2.ellipse(layer, _pixel(centre), axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    weight = rng.uniform(0.3, 0.9)
    image[:] = cv2.addWeighted(layer, weight, image, 1 - weight, 0)


def _reflection(
    image: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    eye: NDArray[np.float32],
    distance: float,
    rng: np.random.Generator,
) -> None:
    layer = image.copy()
    start = eye + rng.normal(0, 0.25, 2) * distance
    end = eye + rng.normal(0, 0.25, 2) * distance
    thickness = max(1, round(distance * rng.uniform(0.03, 0.25)))
    cv2.line(layer, _pixel(start), _pixel(end), int(rng.integers(80, 256)), thickness)
    layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), max(0.5, distance * 0.04)), np.uint8)
    image[mask > 0] = layer[mask > 0]


def _pixel(point: NDArray[np.float64] | NDArray[np.float32]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
