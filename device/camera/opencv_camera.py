"""Live cameras through OpenCV: USB cameras (V4L2) and network cameras (RTSP, HTTP)."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import cv2
import numpy as np

from device.camera.analysis_picture import AnalysisPicture
from device.camera.capture_session import Capture, CapturedData, CaptureSession
from device.camera.frame import CameraError, CameraInfo, CameraStalledError, Frame, Image
from device.camera.held_still import HeldStill
from device.camera.network_address import (
    address_with_credentials,
    is_network_address,
    shown_address,
)
from device.camera.v4l2 import VideoDevice, keep_frame_rate, query_device
from device.camera.video_capture import open_capture
from device.config.camera import CameraSettings
from device.config.secret import SecretUnavailableError

logger = logging.getLogger(__name__)

OpenCapture = Callable[[str, int, Sequence[tuple[int, int]]], Any]

# Opening takes longer than a frame: a network camera negotiates, a USB camera sets its sensor up.
OPEN_TIMEOUT_FACTOR: Final = 2.0
# What a native call may take beyond its own time limit before it counts as hung.
GRACE_S: Final = 2.0
# A network stream is decoded with little delay only by few threads: each holds a frame back.
NETWORK_DECODER_THREADS: Final = 2
# Sizes asked for where the largest is wanted; drivers answer with the nearest that they have.
LARGEST_FIRST: Final = ((10_000, 10_000), (1920, 1080), (1280, 720), (640, 480))
# Two buffers: one is filled while the other is copied out.  One would halve the frame rate, and
# more would only be older, for the capture thread empties them at once.
V4L2_BUFFERS: Final = 2
MJPG: Final = cv2.VideoWriter.fourcc(*"MJPG")
YUYV: Final = cv2.VideoWriter.fourcc(*"YUYV")
# A JPEG can be decoded at these fractions of its size, at a fraction of the time.
_REDUCED: Final = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)


class OpenCvCamera:
    """A USB or network camera.

    A thread of its own empties the camera and keeps the newest frame only.  A USB camera's JPEG
    is kept as such: it is decoded small to be rated, and whole only if it becomes a photo, so
    that stills of many megapixels cost little memory.

    Nothing is reopened here; the supervisor does that.

    Args:
        settings: the camera's settings; `source` is a device or an address.
        open_capture: opens a cv2.VideoCapture.
    """

    def __init__(
        self, settings: CameraSettings, *, open_capture: OpenCapture = open_capture
    ) -> None:
        self._settings = settings
        self._label = shown_address(settings.source)
        self._analysis = AnalysisPicture.of(settings)
        self._open_capture = open_capture
        self._session: CaptureSession | None = None
        self._primed: CapturedData | None = None
        # (width, height) of the camera's pictures, unturned.
        self._size = (0, 0)

    @property
    def dropped(self) -> int:
        """Frames dropped since `open` because the reader was busy."""
        return self._session.dropped if self._session is not None else 0

    def open(self) -> CameraInfo:
        """Open the camera and wait for its first frame.

        Raises:
            CameraError: it is absent, busy, refuses, or gives no frame.
        """
        self.close()
        network = is_network_address(self._settings.source)
        device = None if network else query_device(Path(self._settings.source))
        start = self._start_network if device is None else partial(self._start_v4l2, device)
        self._session = CaptureSession(self._label, start)
        open_timeout_s = self._settings.stall_timeout_s * OPEN_TIMEOUT_FACTOR
        try:
            self._primed = self._session.take(open_timeout_s + GRACE_S)
            height_px, width_px = _decode(self._primed.data).shape[:2]
        except CameraError:
            self.close()
            raise
        self._size = (width_px, height_px)
        still_width_px, still_height_px = self._analysis.orientation.size(width_px, height_px)
        return CameraInfo(
            family="network" if network else "v4l2",
            model=self._label if device is None else device.card,
            still_width_px=still_width_px,
            still_height_px=still_height_px,
            details={"source": self._label}
            | ({} if device is None else {"driver": device.driver})
            | {"kept as": "JPEG" if _is_jpeg(self._primed.data) else "pixels"},
        )

    def read(self, timeout_s: float) -> Frame:
        """Return the newest frame that was not returned yet.

        Raises:
            CameraStalledError: no frame came within `timeout_s`.
            CameraError: the camera is not open or failed.
        """
        if self._session is None:
            raise CameraError(f"{self._label} is not open")
        deadline_s = time.monotonic() + timeout_s
        while True:
            captured, self._primed = self._primed, None
            if captured is None:
                captured = self._session.take(max(0.0, deadline_s - time.monotonic()))
            try:
                image = self._analysis.make(self._decode_small(captured.data))
            except CameraError:
                if time.monotonic() >= deadline_s:
                    raise CameraStalledError(
                        f"{self._label} gave damaged frames only for {timeout_s:.1f} s"
                    ) from None
                continue
            still = HeldStill(partial(_decode, captured.data), self._analysis.orientation)
            return Frame(captured.index, image, captured.time, captured.time_s, still)

    def close(self) -> None:
        """Close the camera; idempotent.  Takes no longer than the stall time-out."""
        if self._session is not None:
            self._session.close(self._settings.stall_timeout_s + GRACE_S)
        self._session, self._primed = None, None

    def _start_network(self) -> Capture:
        milliseconds = round(self._settings.stall_timeout_s * 1000)
        capture = self._open_capture(
            self._address(),
            cv2.CAP_FFMPEG,
            [
                (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(milliseconds * OPEN_TIMEOUT_FACTOR)),
                (cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds),
                (cv2.CAP_PROP_N_THREADS, NETWORK_DECODER_THREADS),
            ],
        )
        if not capture.isOpened():
            raise CameraError(
                f"{self._label} cannot be opened: it does not answer, refuses the user name or "
                "password, or sends nothing that FFmpeg understands; try the address in VLC"
            )
        return cast(Capture, capture)

    def _address(self) -> str:
        """The address with its password, which must never be shown."""
        settings = self._settings
        if settings.username is None:
            return settings.source
        try:
            password = settings.password.reveal() if settings.password is not None else None
        except SecretUnavailableError as error:
            raise CameraError(f"{self._label}: camera.password: {error}") from error
        return address_with_credentials(settings.source, settings.username, password)

    def _start_v4l2(self, device: VideoDevice) -> Capture:
        if not device.captures:
            raise CameraError(f"{device.path} ({device.card}) is not a camera")
        if device.is_raw_sensor:
            raise CameraError(
                f"{device.path} is a Pi camera's raw sensor; set camera.source to picamera2"
            )
        capture = self._open_capture(str(device.path), cv2.CAP_V4L2, [])
        if not capture.isOpened():
            raise CameraError(
                f"{device.path} ({device.card}) cannot be opened; another program may be using "
                f"it (sudo fuser {device.path} names it)"
            )
        # The format comes first: few cameras send their larger sizes uncompressed.
        capture.set(cv2.CAP_PROP_FOURCC, MJPG)
        if int(capture.get(cv2.CAP_PROP_FOURCC)) != MJPG:
            # Left to itself OpenCV prefers BGR3, and then hands out a flat row of bytes.
            capture.set(cv2.CAP_PROP_FOURCC, YUYV)
        self._choose_size(capture)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, V4L2_BUFFERS)
        if self._settings.max_exposure_ms is not None and not keep_frame_rate(device.path):
            logger.info("%s has no control that limits its exposure", self._label)
        if int(capture.get(cv2.CAP_PROP_FOURCC)) == MJPG:
            capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        return cast(Capture, capture)

    def _choose_size(self, capture: Any) -> None:
        """Set the size asked for, or the largest that comes at half the frame rate or more."""
        settings = self._settings
        asked = (settings.still_width_px, settings.still_height_px)
        sizes = (asked,) if all(asked) else LARGEST_FIRST
        for width_px, height_px in sizes:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, width_px)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height_px)
            capture.set(cv2.CAP_PROP_FPS, settings.frame_rate)
            given = float(capture.get(cv2.CAP_PROP_FPS))
            # 0: the driver does not say; its own largest size is then as good as any.
            if given <= 0 or given * 2 >= settings.frame_rate:
                return

    def _decode_small(self, data: Image) -> Image:
        """The picture at the smallest size that is not smaller than the one to be rated."""
        if not _is_jpeg(data):
            return data
        width_px, height_px = self._size
        wanted_width_px, wanted_height_px = self._analysis.sensor_size(width_px, height_px)
        for divisor, flag in _REDUCED:
            if wanted_width_px * divisor <= width_px and wanted_height_px * divisor <= height_px:
                return _decode(data, flag)
        return _decode(data)


def _is_jpeg(data: Image) -> bool:
    return data.ndim < 3 or 1 in data.shape[:2]


def _decode(data: Image, flag: int = cv2.IMREAD_COLOR) -> Image:
    """Decode a JPEG; BGR pictures are returned as they are."""
    if not _is_jpeg(data):
        return data
    picture = cv2.imdecode(np.ravel(data), flag | cv2.IMREAD_IGNORE_ORIENTATION)
    if picture is None:
        raise CameraError("the camera sent a damaged JPEG")
    return cast(Image, picture)
