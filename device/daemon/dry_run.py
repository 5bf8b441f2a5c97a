"""The whole way of a frame over a recorded source; decisions are noted, not published."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from device.album.album import Album
from device.album.writer import PendingShot
from device.camera.frame import Image
from device.camera.source import make_camera
from device.config.appliance import ApplianceConfig
from device.daemon.frame_loop import FrameLoop, FrameLoopParts, RatedFrame
from device.shutter.shutter import Shutter
from device.vision.analyser import UsedModel, make_analyser
from device.vision.eye_history import EyeHistory
from device.vision.rating import Rating

THUMBNAIL_WIDTH_PX = 240


@dataclass(frozen=True, slots=True)
class DryRunPoint:
    """One frame: when (seconds of the source's own clock), its scores, why it was not shot."""

    frame: int
    time_s: float
    score: float
    expected_score: float
    waiting_for: str | None


@dataclass(frozen=True, slots=True)
class DryRunShot:
    """A shot that would have been taken; `file` where it was also saved."""

    time_s: float
    rating: Rating
    candidates: int
    thumbnail: Image
    file: str | None


class DryRun:
    """Replays a source through camera, models, rating and shutter; saves photos only if told to.

    Attributes:
        points: one per frame. shots: the shots in order. models: the models in use.
    """

    def __init__(
        self,
        config: ApplianceConfig,
        *,
        album_folder: Path | None = None,
        on_rated: Callable[[RatedFrame], None] = lambda _: None,
    ) -> None:
        self._config = config
        self._on_rated = on_rated
        self._album = (
            Album(album_folder, config.album, camera_name="replay") if album_folder else None
        )
        self._times_s: dict[int, float] = {}
        self.points: list[DryRunPoint] = []
        self.shots: list[DryRunShot] = []
        self.models: Mapping[str, UsedModel] = {}

    def run(self) -> None:
        """Replay to the end.

        Raises:
            CameraError: the source cannot be read.
        """
        config = self._config
        camera = make_camera(config.camera)
        analyser = make_analyser(config, video=True)
        self.models = analyser.models
        loop = FrameLoop(
            FrameLoopParts(
                camera=camera,
                analyser=analyser,
                eye_history=EyeHistory(config.eyes),
                shutter=Shutter(config.shutter, runners_up=config.album.runners_up),
                submit_shot=self._note_shot,
                on_rated=self._note_frame,
                unknown_eyes=config.eyes.unknown_counts_as,
            ),
            config.camera.stall_timeout_s,
        )
        try:
            camera.open()
            loop.run()
        finally:
            camera.close()
            if self._album is not None:
                self._album.close()

    def _note_frame(self, rated: RatedFrame) -> None:
        rating = rated.rating
        self.points.append(
            DryRunPoint(
                rating.frame,
                rated.frame.time_s,
                rating.score,
                rating.expected_score,
                rating.waiting_for,
            )
        )
        self._times_s[rating.frame] = rated.frame.time_s
        self._on_rated(rated)

    def _note_shot(self, pending: PendingShot) -> bool:
        """Take the place of the album's writer: note the shot, save it if an album was given."""
        try:
            picture = pending.still.read()
            file = self._save(pending, picture)
        finally:
            pending.still.release()
            for still, _ in pending.runners_up:
                still.release()
        self.shots.append(
            DryRunShot(
                self._times_s.get(pending.rating.frame, 0.0),
                pending.rating,
                pending.candidates,
                _thumbnail(picture),
                file,
            )
        )
        return True

    def _save(self, pending: PendingShot, picture: Image) -> str | None:
        if self._album is None:
            return None
        beside = [(still.read(), rating) for still, rating in pending.runners_up]
        shot = self._album.save(
            pending.id, pending.cause, picture, pending.rating, pending.candidates, beside
        )
        return shot.file


def _thumbnail(picture: Image) -> Image:
    height_px, width_px = picture.shape[:2]
    size = (THUMBNAIL_WIDTH_PX, max(1, round(height_px * THUMBNAIL_WIDTH_PX / width_px)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
