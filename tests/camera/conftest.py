"""Real material for cameras: films written by OpenCV, photos with EXIF, an MJPEG server."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from device.config.camera import CameraSettings

BARS = 8


def _numbered_picture(number: int, width_px: int = 320, height_px: int = 240) -> NDArray[np.uint8]:
    """A picture that shows `number` as eight black or white bars, which survive compression."""
    picture = np.full((height_px, width_px, 3), 128, np.uint8)
    edges = np.linspace(0, width_px, BARS + 1).astype(int)
    for bar in range(BARS):
        picture[:, edges[bar] : edges[bar + 1]] = 255 if number >> bar & 1 else 0
    return picture


def _shown_number(picture: NDArray[np.uint8]) -> int:
    """The number that a picture of any size shows."""
    edges = np.linspace(0, picture.shape[1], BARS + 1).astype(int)
    centres = (edges[:-1] + edges[1:]) // 2
    row = picture[picture.shape[0] // 2, :, 1]
    return sum(1 << bar for bar, centre in enumerate(centres) if row[centre] > 127)


@pytest.fixture
def numbered_picture() -> Callable[..., NDArray[np.uint8]]:
    """Pictures that show a number: `numbered_picture(number, width_px, height_px)`."""
    return _numbered_picture


@pytest.fixture
def shown_number() -> Callable[[NDArray[np.uint8]], int]:
    """Read the number that a picture shows."""
    return _shown_number


@pytest.fixture
def make_film(tmp_path: Path) -> Callable[..., Path]:
    """Write an MJPG film whose frames show their numbers."""

    def make(
        name: str = "film.avi",
        frames: int = 20,
        rate: float = 50,
        size: tuple[int, int] = (320, 240),
        first: int = 0,
        codec: str = "MJPG",
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate, size)
        assert writer.isOpened()
        for number in range(first, first + frames):
            writer.write(_numbered_picture(number, *size))
        writer.release()
        return path

    return make


@pytest.fixture
def settings() -> Callable[..., CameraSettings]:
    """Camera settings with short waits."""

    def make(source: object = "auto", **changes: object) -> CameraSettings:
        values: dict[str, object] = {
            "source": str(source),
            "stall_timeout_s": 0.5,
            "reopen_backoff_s": 0.05,
            "reopen_backoff_max_s": 0.2,
            "replay_realtime": False,
        }
        return CameraSettings.model_validate(values | changes)

    return make


class MjpegServer:
    """An HTTP camera: numbered JPEG frames for any number of clients.

    It can stall (connections stay open, nothing comes), drop its clients, die and come back at
    the same port, demand a password, or send damaged frames between the good ones.
    """

    def __init__(self, rate: float = 50, size: tuple[int, int] = (320, 240)) -> None:
        self.rate = rate
        self.size = size
        self.flowing = threading.Event()
        self.flowing.set()
        self.authorization: str | None = None
        self.requests = 0
        self._port = 0
        self._dropping = threading.Event()
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/video.mjpg"

    def url_with(self, user: str, password: str) -> str:
        return f"http://{user}:{password}@127.0.0.1:{self._port}/video.mjpg?token={password}"

    def start(self) -> None:
        """Serve; after `stop`, at the same port again."""
        self._stopping.clear()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.requests += 1
                wanted = camera.authorization
                if wanted is not None and self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                with contextlib.suppress(OSError):
                    camera._send_frames(self)

            def log_message(self, *_: object) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        ThreadingHTTPServer.daemon_threads = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Die: every connection is cut and none is accepted."""
        if self._server is None or self._thread is None:
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server = None

    def drop_clients(self) -> None:
        """Cut the connections there are; new ones are accepted."""
        self._dropping.set()
        time.sleep(3 / self.rate)
        self._dropping.clear()

    def _send_frames(self, handler: BaseHTTPRequestHandler) -> None:
        number = 0
        while not self._stopping.is_set() and not self._dropping.is_set():
            if self.flowing.is_set():
                picture = _numbered_picture(number % 256, *self.size)
                jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
                handler.wfile.write(
                    b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: "
                    + str(len(jpeg)).encode()
                    + b"\r\n\r\n"
                    + jpeg
                    + b"\r\n"
                )
                number += 1
            time.sleep(1 / self.rate)


@pytest.fixture
def mjpeg_server() -> Iterator[MjpegServer]:
    server = MjpegServer()
    yield server
    server.stop()
