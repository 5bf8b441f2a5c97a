"""Albums in temporary folders, pictures with texture, ratings of people described in a word."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.album.album import Album
from device.config.album import AlbumSettings
from device.vision.geometry import Box
from device.vision.rating import EyeReading, FaceReading, Rating, SmileReading, rate

START = datetime(2026, 11, 22, 20, 15, 0, 123000, tzinfo=UTC)


@pytest.fixture(scope="session")
def picture() -> Callable[..., np.ndarray]:
    """A picture with soft shapes and noise, so that its JPEG has a camera's size."""

    def painted(width_px: int = 320, height_px: int = 240, seed: int = 1) -> np.ndarray:
        random = np.random.default_rng(seed)
        shapes = random.integers(0, 255, (height_px // 16 + 1, width_px // 16 + 1, 3), np.uint8)
        soft = cv2.resize(shapes, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
        noise = random.integers(0, 9, (height_px, width_px, 1), np.uint8)
        return np.ascontiguousarray(cv2.add(soft, np.repeat(noise, 3, axis=2)))

    return painted


@pytest.fixture(scope="session")
def rated() -> Callable[..., Rating]:
    """A rating of `faces` people who smile with the probability `huge`, taken at `time`."""

    def rating(
        frame: int = 1, *, faces: int = 1, huge: float = 0.93, time: datetime | None = None
    ) -> Rating:
        seen = [one_face(place, huge) for place in range(faces)]
        return rate(seen, frame=frame, time=time or START + timedelta(seconds=frame))

    return rating


def one_face(place: int, huge: float) -> FaceReading:
    """No two faces alike, as in a crowd."""
    random = np.random.default_rng(place)
    x, y, width, height, confidence, sharpness = random.uniform(size=6)
    return FaceReading(
        box=Box(x, y, width, height),
        confidence=confidence,
        sharpness=50 * sharpness,
        smile=SmileReading((0.0, 0.0, 1.0 - huge, huge)),
        eyes=EyeReading("open", 2),
    )


@pytest.fixture
def open_album(tmp_path: Path) -> Iterator[Callable[..., Album]]:
    """Open the album in `tmp_path`/album (again); every one is closed at the end."""
    opened: list[Album] = []

    def opening(*, clock=lambda: START, folder: Path | None = None, **settings) -> Album:
        config = AlbumSettings(**{"min_free_megabytes": 0, **settings})
        album = Album(folder or tmp_path / "album", config, camera_name="Küche", clock=clock)
        opened.append(album)
        return album

    yield opening
    for album in opened:
        album.close()


@pytest.fixture
def photos(tmp_path: Path) -> Callable[[], list[str]]:
    """The names of all visible files in the album's folder, sorted."""
    return lambda: sorted(p.name for p in (tmp_path / "album").iterdir() if p.name[0] != ".")
