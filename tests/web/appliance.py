"""A small appliance in this process: the real album, live feed, shot feed and arithmetic.

Only the camera and, where a test says so, the rater of uploads are made up: pictures are drawn and
their ratings given, so that tests of the page need no models and know what must be shown.
"""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from device.album.album import Album
from device.config.album import AlbumSettings
from device.config.identity import IdentitySettings
from device.config.web import WebSettings
from device.daemon.live_feed import LiveFeed, ShotFeed
from device.messages.request import RequestError
from device.messages.shot import ShotEvent, shot_to_json
from device.messages.state import (
    ApplianceState,
    BrokerState,
    CameraState,
    DiskState,
    ErrorState,
    FrameState,
    HealthState,
    ModelState,
    ShotState,
)
from device.vision.geometry import Box
from device.vision.image_file import read_image
from device.vision.rating import EyeReading, FaceReading, Rating, SmileReading, rate
from device.web.server import WebServer

BOX = Box(0.35, 0.12, 0.2, 0.3)
HUGE = SmileReading((0.01, 0.02, 0.05, 0.92))
MODERATE = SmileReading((0.05, 0.15, 0.7, 0.1))
NONE = SmileReading((0.9, 0.05, 0.03, 0.02))


def face(box: Box = BOX, smile: SmileReading = HUGE, eyes: EyeReading | None = None) -> FaceReading:
    """One face, smiling with both eyes open unless said otherwise."""
    return FaceReading(box, 0.99, 40.0, smile, eyes or EyeReading("open", 2))


def rating(*faces: FaceReading, frame: int = 0) -> Rating:
    """The rating of these faces."""
    return rate(faces, frame=frame, time=datetime.now(UTC))


def drawn_picture(width_px: int = 640, height_px: int = 480, seed: int = 0) -> np.ndarray:
    """A picture of gradients, different for each seed."""
    y, x = np.mgrid[0:height_px, 0:width_px]
    channels = [(x * 255 // width_px), (y * 255 // height_px), ((x + y + 40 * seed) % 256)]
    return np.dstack(channels).astype(np.uint8)


class DrawnRater:
    """Stands in for the models: decodes uploads for real, and gives every one the same faces."""

    def __init__(self) -> None:
        self.rated = 0

    def rate(self, data: bytes, max_pixels: int) -> tuple[np.ndarray, Rating]:
        image = read_image(data, max_pixels).image
        self.rated += 1
        return image, rating(face())


class TestAppliance:
    """The parts behind the page, with what a test may want to turn."""

    __test__ = False

    def __init__(self, folder: Path, uploads: Any = None, **web: Any) -> None:
        self.folder = folder
        self.album = Album(
            folder / "album", AlbumSettings(min_free_megabytes=0), camera_name="Test camera"
        )
        self.live = LiveFeed()
        self.shots = ShotFeed()
        self.uploads = uploads or DrawnRater()
        self.settings = WebSettings(**{"port": 0, **web})
        self.identity = IdentitySettings(id="test", name="Summer party")
        self.threshold = 0.85
        self.paused = False
        self.online = True
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.camera_model = "Camera Module 3 (imx708)"
        self._lock = threading.Lock()
        self.server = WebServer(
            self.settings,
            self.identity,
            self.live,
            self.album,
            self.uploads,
            self.shots,
            self.request,
            self.state,
            folder / "session.key",
        )

    def start(self) -> "TestAppliance":
        self.server.start()
        return self

    def stop(self) -> None:
        self.live.close()
        self.shots.close()
        self.server.stop()
        self.album.close()

    def shoot(
        self, name: str, picture: np.ndarray | None = None, of: Rating | None = None
    ) -> ShotEvent:
        """Save a photo and tell of it."""
        image = picture if picture is not None else drawn_picture()
        event = self.album.save(name, "score", image, of or rating(face()), 5)
        self.shots.publish(event)
        return event

    def request(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a request as the daemon does, on this object."""
        with self._lock:
            self.asked.append((name, dict(arguments)))
        match name:
            case "shoot":
                return {"accepted": True}
            case "pause" | "resume":
                self.paused = name == "pause"
                return {"paused": self.paused}
            case "set":
                return self._set(dict(arguments))
            case "get":
                return {"settings": {"shutter.threshold": self.threshold}}
            case "last-shot":
                return {"shot": shot_to_json(self.shots.last) if self.shots.last else None}
            case "restart-camera":
                return {"accepted": True}
        raise RequestError(f"there is no request {name!r}")

    def _set(self, changes: dict[str, Any]) -> dict[str, Any]:
        changes.pop("persist", None)
        value = changes.get("shutter.threshold")
        if set(changes) != {"shutter.threshold"} or not isinstance(value, int | float):
            raise RequestError("only shutter.threshold can be set here")
        if not 0 <= value <= 1:
            raise RequestError("shutter.threshold: it must be from 0 to 1")
        self.threshold = float(value)
        return {"changed": changes}

    def state(self) -> ApplianceState:
        """A state with something in every field."""
        last = self.shots.last
        return ApplianceState(
            time=datetime.now(UTC),
            version="0.1.0",
            id="test",
            name="Summer party",
            online=self.online,
            reason=None if self.online else "no frame came for 5 seconds",
            camera=CameraState("picamera2", self.camera_model, "auto", self.online, 4608, 2592),
            models={
                "faces": ModelState("faces", "ab" * 32, "OpenCV 4.14"),
                "smile": ModelState("smile", "cd" * 32, "ai-edge-litert 2.3.0"),
            },
            frames=FrameState(1234, 5, 9.8, 41.0),
            shots=ShotState(3, 2, last.id if last else None),
            disk=DiskState(21_500.0, 500.0, self.album.count()),
            health=HealthState(61.5, under_voltage=False, throttled=None, slowed_down=False),
            broker=BrokerState(
                enabled=True,
                connected=False,
                error="the broker refused the password",
                queued_shots=2,
            ),
            threshold=self.threshold,
            paused=self.paused,
            waiting_for="smile",
            score_interval_s=1.0,
            memory_megabytes=123.4,
            uptime_s=4321.0,
            last_error=ErrorState(datetime.now(UTC), "the broker refused the password"),
        )
