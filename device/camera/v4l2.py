"""Asking Linux which video devices are cameras (Video4Linux2, `linux/videodev2.h`)."""

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.camera.frame import CameraError

# struct v4l2_capability: driver, card, bus_info, version, capabilities, device_caps, reserved.
_CAPABILITY: Final = struct.Struct("16s32s32sIII12x")
_VIDIOC_QUERYCAP: Final = 0x80685600
# struct v4l2_control: id, value.
_CONTROL: Final = struct.Struct("Ii")
_VIDIOC_S_CTRL: Final = 0xC008561C
_EXPOSURE_AUTO_PRIORITY: Final = 0x009A0903

_CAP_VIDEO_CAPTURE: Final = 0x00000001
_CAP_DEVICE_CAPS: Final = 0x80000000
# The sensors of Pi cameras: raw data that only libcamera can make a picture of.
_RAW_SENSOR_DRIVERS: Final = frozenset({"unicam", "rp1-cfe"})


@dataclass(frozen=True, slots=True)
class VideoDevice:
    """A video device of the kernel and what it says of itself."""

    path: Path
    card: str
    driver: str
    captures: bool

    @property
    def is_raw_sensor(self) -> bool:
        """Whether this is a Pi camera's sensor, which needs picamera2."""
        return self.driver in _RAW_SENSOR_DRIVERS

    @property
    def is_camera(self) -> bool:
        """Whether it gives pictures by itself (a Pi's codecs and raw sensors do not)."""
        return self.captures and not self.is_raw_sensor


def query_device(path: Path) -> VideoDevice:
    """Ask one device.

    Raises:
        CameraError: it is absent, may not be opened, or is no video device; the sentence says
            what to do.
    """
    answer = bytearray(_CAPABILITY.size)
    try:
        file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(file, _VIDIOC_QUERYCAP, answer)
        finally:
            os.close(file)
    except FileNotFoundError:
        found = ", ".join(str(path) for path in device_paths()) or "none"
        raise CameraError(
            f"there is no camera at {path} (video devices found: {found}); is it plugged in?"
        ) from None
    except PermissionError:
        raise CameraError(
            f"{path} may not be opened by this user; add it to the group video "
            "(sudo usermod -aG video USER) and log in again"
        ) from None
    except OSError as error:
        raise CameraError(f"{path} is not a video device: {error.strerror}") from error
    driver, card, _, _, capabilities, device_capabilities = _CAPABILITY.unpack(answer)
    own = device_capabilities if capabilities & _CAP_DEVICE_CAPS else capabilities
    return VideoDevice(path, _text(card), _text(driver), bool(own & _CAP_VIDEO_CAPTURE))


def device_paths(folder: Path = Path("/dev")) -> tuple[Path, ...]:
    """/dev/video0, /dev/video1 … in the order of their numbers."""
    numbered = [path for path in folder.glob("video*") if path.name[5:].isdecimal()]
    return tuple(sorted(numbered, key=lambda path: int(path.name[5:])))


def keep_frame_rate(path: Path) -> bool:
    """Forbid exposures longer than a frame (a webcam's automatic exposure lowers the rate).

    UVC has no other upper limit: a fixed exposure would be wrong as soon as the light changes.

    Returns:
        False where the camera has no such control.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(file, _VIDIOC_S_CTRL, _CONTROL.pack(_EXPOSURE_AUTO_PRIORITY, 0))
        finally:
            os.close(file)
    except OSError:
        return False
    return True


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")
