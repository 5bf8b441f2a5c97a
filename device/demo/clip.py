"""A short clip made from two portraits: people come and go, some frames are blurred or empty."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from device.camera.frame import Image

PICTURES: Final = Path(__file__).resolve().parent / "pictures"
FRAME_RATE: Final = 15
WIDTH_PX: Final = 1280
HEIGHT_PX: Final = 960


@dataclass(frozen=True, slots=True)
class Appearance:
    """A portrait in one frame: where its centre stands, how large, how blurred by motion.

    `x` and `y` are fractions of the frame, `size` the portrait's height over the frame's.
    """

    picture: str
    x: float
    y: float = 0.55
    size: float = 0.85
    blur_px: int = 0


def scenes() -> Iterator[tuple[Appearance, ...]]:
    """Who is seen in each frame, from the first to the last (about 17 seconds)."""
    yield from _empty(1.5)
    yield from _walk_in("hopper.jpg", 1.0)
    yield from _stay("hopper.jpg", 1.5)
    yield from _empty(1.5)
    yield from _walk_in("collins.jpg", 1.0)
    yield from _stay("collins.jpg", 2.5)
    yield from _empty(2.0)
    yield from _stay("hopper.jpg", 1.0, x=0.3)
    yield from _empty(1.0)
    yield from _zoom("collins.jpg", 2.5)
    yield from _empty(1.5)


def _frames(seconds: float) -> int:
    return round(seconds * FRAME_RATE)


def _empty(seconds: float) -> Iterator[tuple[Appearance, ...]]:
    for _ in range(_frames(seconds)):
        yield ()


def _walk_in(picture: str, seconds: float) -> Iterator[tuple[Appearance, ...]]:
    """From outside the frame to its middle, blurred while fast."""
    count = _frames(seconds)
    for i in range(count):
        progress = (i + 1) / count
        blur_px = round(30 * (1 - progress)) | 1
        yield (Appearance(picture, 1.3 - 0.8 * progress, blur_px=blur_px),)


def _stay(picture: str, seconds: float, x: float = 0.5) -> Iterator[tuple[Appearance, ...]]:
    """Standing almost still."""
    for i in range(_frames(seconds)):
        yield (Appearance(picture, x + 0.006 * np.sin(i / 3), 0.55 + 0.004 * np.cos(i / 4)),)


def _zoom(picture: str, seconds: float) -> Iterator[tuple[Appearance, ...]]:
    """Coming nearer."""
    count = _frames(seconds)
    for i in range(count):
        yield (Appearance(picture, 0.5, 0.58, size=0.55 + 0.5 * i / count),)


def write_clip(path: Path) -> int:
    """Write the clip (1280×960, 15 frames/s, Motion JPEG); return its number of frames.

    Raises:
        OSError: OpenCV cannot write there.
    """
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*"MJPG"), FRAME_RATE, (WIDTH_PX, HEIGHT_PX)
    )
    if not writer.isOpened():
        raise OSError(f"{path} cannot be written as a video")
    portraits = {name: _portrait(name) for name in ("collins.jpg", "hopper.jpg")}
    room = _room()
    count = 0
    try:
        for people in scenes():
            frame = room.copy()
            for person in people:
                _paste(frame, portraits[person.picture], person)
            writer.write(frame)
            count += 1
    finally:
        writer.release()
    return count


def _portrait(name: str) -> Image:
    image = cv2.imread(str(PICTURES / name))
    if image is None:
        raise OSError(f"the demo picture {PICTURES / name} is missing")
    return np.asarray(image, dtype=np.uint8)


def _room() -> Image:
    """An empty room: a soft gradient with a little sensor noise."""
    rows = np.linspace(150, 80, HEIGHT_PX)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 2, (HEIGHT_PX, WIDTH_PX, 1))
    return np.clip(np.array([1.0, 1.02, 1.05]) * rows + noise, 0, 255).astype(np.uint8)


def _paste(frame: Image, portrait: Image, person: Appearance) -> None:
    height_px = round(person.size * HEIGHT_PX)
    width_px = round(portrait.shape[1] * height_px / portrait.shape[0])
    scaled = cv2.resize(portrait, (width_px, height_px), interpolation=cv2.INTER_AREA)
    if person.blur_px > 1:
        scaled = cv2.blur(scaled, (person.blur_px, 1))
    x0 = round(person.x * WIDTH_PX - width_px / 2)
    y0 = round(person.y * HEIGHT_PX - height_px / 2)
    left, top = max(0, x0), max(0, y0)
    right, bottom = min(WIDTH_PX, x0 + width_px), min(HEIGHT_PX, y0 + height_px)
    if left < right and top < bottom:
        frame[top:bottom, left:right] = scaled[top - y0 : bottom - y0, left - x0 : right - x0]
