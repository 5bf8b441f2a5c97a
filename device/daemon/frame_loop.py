"""The way of a frame: camera → faces → rating → shutter → album and viewers.

One thread runs it.  Nothing here waits for disk or network: photos go to the album's own thread,
scores and pictures to sinks that return at once.
"""

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from device.album.writer import PendingShot
from device.camera.frame import Camera, CameraEndedError, Frame
from device.daemon.kept_stills import KeptStills
from device.shutter.decision import Decision, Shot
from device.shutter.shutter import Shutter
from device.vision.rating import FaceReading, Rating, UnknownEyes, rate

logger = logging.getLogger(__name__)

MAX_COMMANDS: Final = 64


class FaceAnalyser(Protocol):
    """What turns a picture into readings of its faces."""

    def analyse(self, image: NDArray[np.uint8]) -> tuple[FaceReading, ...]:
        """Read the faces of a BGR picture."""
        ...


class EyeHistory(Protocol):
    """What smooths eye states over time."""

    def update(self, time_s: float, faces: tuple[FaceReading, ...]) -> tuple[FaceReading, ...]:
        """Return the faces with their eye states smoothed."""
        ...


@dataclass(frozen=True, slots=True)
class RatedFrame:
    """One frame's way through the loop: what was seen, what the shutter made of it."""

    frame: Frame
    rating: Rating
    decision: Decision
    took_s: float


@dataclass(frozen=True, slots=True)
class FrameLoopParts:
    """What the loop drives.  `submit_shot` returns False when the album cannot take it."""

    camera: Camera
    analyser: FaceAnalyser
    eye_history: EyeHistory
    shutter: Shutter
    submit_shot: Callable[[PendingShot], bool]
    on_rated: Callable[[RatedFrame], None]
    unknown_eyes: UnknownEyes = "neutral"


class FrameLoop:
    """Drives frames from the camera to the shutter until the camera ends or `stop` is called."""

    def __init__(self, parts: FrameLoopParts, read_timeout_s: float) -> None:
        self._parts = parts
        self._read_timeout_s = read_timeout_s
        self._stills = KeptStills()
        self._commands: deque[Callable[[], None]] = deque(maxlen=MAX_COMMANDS)
        self._stopping = threading.Event()
        self._last_time_s = 0.0
        self.min_interval_s = 0.0

    def run(self) -> None:
        """Rate frames until the replay ends or `stop` is called.

        Raises:
            CameraError: the camera is lost for good.
        """
        try:
            while not self._stopping.is_set():
                started_s = time.monotonic()
                try:
                    frame = self._parts.camera.read(self._read_timeout_s)
                except CameraEndedError:
                    break
                self.step(frame)
                self._rest(started_s)
            self._close_moment()
        finally:
            self._stills.release_all()

    def step(self, frame: Frame) -> RatedFrame:
        """Rate one frame and do what the shutter decides."""
        self._run_commands()
        started_s = time.perf_counter()
        parts = self._parts
        faces = parts.eye_history.update(frame.time_s, parts.analyser.analyse(frame.image))
        rating = rate(faces, frame=frame.index, time=frame.time, unknown_eyes=parts.unknown_eyes)
        decision = parts.shutter.observe(rating, frame.time_s)
        rating = replace(rating, waiting_for=decision.waiting_for)
        self._stills.add(frame)
        self._carry_out(decision)
        self._last_time_s = frame.time_s
        rated = RatedFrame(frame, rating, decision, time.perf_counter() - started_s)
        parts.on_rated(rated)
        return rated

    @property
    def last_time_s(self) -> float:
        """When the last frame was taken, on the camera's own clock."""
        return self._last_time_s

    def post(self, command: Callable[[], None]) -> None:
        """Have `command` run on the loop's thread before the next frame; from any thread."""
        self._commands.append(command)

    def stop(self) -> None:
        """End the loop after the frame in progress; from any thread."""
        self._stopping.set()

    def _run_commands(self) -> None:
        while self._commands:
            self._commands.popleft()()

    def _close_moment(self) -> None:
        self._run_commands()
        self._carry_out(self._parts.shutter.finish(self._last_time_s))

    def _carry_out(self, decision: Decision) -> None:
        if decision.shot is not None:
            self._submit(decision.shot)
        self._stills.keep_only(decision.keep)

    def _submit(self, shot: Shot) -> None:
        still = self._stills.take(shot.winner.frame)
        if still is None:
            logger.error("The picture of frame %d is no longer held; shot lost", shot.winner.frame)
            return
        beside = [
            (runner_up_still, rating)
            for rating in shot.runners_up
            if (runner_up_still := self._stills.take(rating.frame)) is not None
        ]
        self._parts.submit_shot(
            PendingShot(
                id=str(uuid.uuid4()),
                cause=shot.cause,
                still=still,
                rating=shot.winner,
                candidates=shot.candidates,
                runners_up=tuple(beside),
            )
        )

    def _rest(self, started_s: float) -> None:
        """Keep to the least interval between frames (a hot machine is slowed down)."""
        if self.min_interval_s > 0:
            self._stopping.wait(max(0.0, started_s + self.min_interval_s - time.monotonic()))
