"""Choosing the camera that the configuration names."""

import importlib.util
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from device.camera.frame import Camera, CameraError, CameraInfo, Frame
from device.camera.network_address import is_network_address, shown_address
from device.camera.v4l2 import VideoDevice, device_paths, query_device
from device.config.camera import CameraSettings

logger = logging.getLogger(__name__)

AUTO: Final = "auto"
PICAMERA2: Final = "picamera2"

MakeCamera = Callable[[CameraSettings], Camera]


def make_camera(settings: CameraSettings) -> Camera:
    """Make the camera for `settings.source`; nothing is opened yet.

    Raises:
        CameraError: the source is neither a camera nor anything that could be replayed.
    """
    source = settings.source
    if source == AUTO:
        return AutoCamera(settings)
    if source == PICAMERA2:
        return _picamera2(settings)
    if is_network_address(source) or source.startswith("/dev/"):
        return _opencv(settings)
    if "://" in source:
        raise CameraError(
            f"camera.source {shown_address(source)} has an unknown scheme; addresses begin with "
            "rtsp://, rtsps://, http:// or https://"
        )
    return _replay(settings)


class AutoCamera:
    """The camera that is there: a Pi camera, else the first USB camera that gives a frame.

    It looks anew each time it is opened, so that a camera may be plugged in later.

    Args:
        settings: the camera's settings, with any `source`.
        picamera2_installed: whether picamera2 can be imported.
        picamera2, opencv: make a camera of that family.
        devices: the kernel's video devices.
    """

    def __init__(
        self,
        settings: CameraSettings,
        *,
        picamera2_installed: Callable[[], bool] | None = None,
        picamera2: MakeCamera | None = None,
        opencv: MakeCamera | None = None,
        devices: Callable[[], tuple[Path, ...]] = device_paths,
        query: Callable[[Path], VideoDevice] = query_device,
    ) -> None:
        self._settings = settings
        self._picamera2_installed = picamera2_installed or _picamera2_installed
        self._picamera2 = picamera2 or _picamera2
        self._opencv = opencv or _opencv
        self._devices = devices
        self._query = query
        self._camera: Camera | None = None

    @property
    def dropped(self) -> int:
        """Frames dropped since `open` because the reader was busy."""
        return self._camera.dropped if self._camera is not None else 0

    def open(self) -> CameraInfo:
        """Find a camera and open it.

        Raises:
            CameraError: there is none; the message says what was looked for and found.
        """
        self.close()
        tried: list[str] = []
        info = self._open_picamera2(tried) or self._open_first_device(tried)
        if info is None:
            raise CameraError(
                f"no camera was found ({'; '.join(tried)}); connect one, or name it in "
                "camera.source: picamera2, a device such as /dev/video0, or an address"
            )
        return info

    def read(self, timeout_s: float) -> Frame:
        """Read from the camera that was found; as `Camera.read`."""
        if self._camera is None:
            raise CameraError("the camera is not open")
        return self._camera.read(timeout_s)

    def close(self) -> None:
        """Close the camera that was found; idempotent."""
        if self._camera is not None:
            self._camera.close()
        self._camera = None

    def _open_picamera2(self, tried: list[str]) -> CameraInfo | None:
        if not self._picamera2_installed():
            tried.append("Pi camera: picamera2 is not installed, apt install python3-picamera2")
            return None
        return self._try("Pi camera", self._picamera2, self._settings, tried)

    def _open_first_device(self, tried: list[str]) -> CameraInfo | None:
        paths = self._devices()
        if not paths:
            tried.append("USB camera: there is no /dev/video*")
        for path in paths:
            try:
                device = self._query(path)
            except CameraError as error:
                tried.append(str(error))
                continue
            if not device.is_camera:
                tried.append(
                    f"{path} ({device.card}): "
                    + (
                        "a Pi camera's sensor, needs picamera2"
                        if device.is_raw_sensor
                        else "not a camera"
                    )
                )
                continue
            settings = self._settings.model_copy(update={"source": str(path)})
            info = self._try(str(path), self._opencv, settings, tried)
            if info is not None:
                return info
        return None

    def _try(
        self, name: str, make: MakeCamera, settings: CameraSettings, tried: list[str]
    ) -> CameraInfo | None:
        camera = None
        try:
            camera = make(settings)
            info = camera.open()
        except CameraError as error:
            tried.append(f"{name}: {error}")
            if camera is not None:
                camera.close()
            return None
        self._camera = camera
        return info


def _picamera2_installed() -> bool:
    return importlib.util.find_spec("picamera2") is not None


def _picamera2(settings: CameraSettings) -> Camera:
    from device.camera.picamera2_camera import Picamera2Camera

    return Picamera2Camera(settings)


def _opencv(settings: CameraSettings) -> Camera:
    from device.camera.opencv_camera import OpenCvCamera

    return OpenCvCamera(settings)


def _replay(settings: CameraSettings) -> Camera:
    from device.camera.replay import ReplayCamera

    return ReplayCamera(settings)
