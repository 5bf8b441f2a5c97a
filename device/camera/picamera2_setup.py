"""Choosing, opening and starting a Pi camera: everything before its first frame."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from device.camera.frame import CameraError
from device.camera.memory_budget import CapturePlan, capture_plans, read_memory
from device.camera.picamera2_stack import limited_exposure
from device.config.camera import CameraSettings

logger = logging.getLogger(__name__)

NO_MEMORY_SIGNS: Final = ("cannot allocate memory", "failed to allocate", "errno 12")


@dataclass(frozen=True, slots=True)
class Flips:
    """Mirroring of a picture as the sensor lies: left-right, upside down."""

    horizontal: bool
    vertical: bool


def hardware_flips(settings: CameraSettings) -> Flips:
    """What the camera mirrors itself, at no cost, before pictures are turned by 90° or 270°.

    Half a turn is both flips.  A flip after a quarter turn is the other flip before it.
    """
    sideways = settings.rotation in (90, 270)
    half_turn = settings.rotation == 180
    horizontal = settings.flip == ("vertical" if sideways else "horizontal")
    vertical = settings.flip == ("horizontal" if sideways else "vertical")
    return Flips(horizontal != half_turn, vertical != half_turn)


def find_camera(stack: ModuleType, number: int) -> dict[str, Any]:
    """What libcamera says of Pi camera `number`: `Model`, `Id` and more.

    Raises:
        CameraError: there is no such camera.
    """
    found = [
        camera
        for camera in stack.Picamera2.global_camera_info()
        # libcamera lists USB cameras too, without what a Pi camera can do; V4L2 is their way.
        if "/usb" not in str(camera.get("Id", ""))
    ]
    if number >= len(found):
        names = ", ".join(str(camera.get("Model")) for camera in found) or "none"
        raise CameraError(
            f"there is no Pi camera number {number} (found: {names}). Check the ribbon cable at "
            "both ends with the power off, then run: rpicam-hello --list-cameras"
        )
    return dict(found[number])


def limited_tuning(
    stack: ModuleType, model: str, limit_ms: float | None
) -> tuple[dict[str, Any] | None, str]:
    """The camera's own tuning with the exposure limit put in, and a note of the limit."""
    if limit_ms is None:
        return None, "none"
    try:
        tuning = stack.Picamera2.load_tuning_file(f"{model}.json")
    except (RuntimeError, OSError, ValueError):
        return None, f"none: there is no tuning file for {model or 'this camera'}"
    limited = limited_exposure(tuning, round(limit_ms * 1000))
    if limited is None:
        return None, f"none: the tuning file of {model} has no automatic exposure"
    return limited, f"{limit_ms:g} ms"


def acquire(stack: ModuleType, number: int, tuning: dict[str, Any] | None) -> Any:
    """Return an open `Picamera2`.

    Raises:
        CameraError: another program has it, or it failed.
    """
    try:
        return stack.Picamera2(number, tuning=tuning)
    except Exception as error:
        cause = error.__cause__ or error
        raise CameraError(
            f"the Pi camera cannot be opened ({cause}). Another program may be using it: end it "
            "(rpicam-hello, motion, a second copy of this one; 'sudo fuser -v /dev/media*' names "
            "it) and try again"
        ) from error


def start(picam2: Any, settings: CameraSettings) -> CapturePlan:
    """Start the camera with the first plan that memory really allows.

    Raises:
        CameraError: none does, or the camera refuses.
    """
    sensor = tuple(picam2.sensor_resolution)
    plans = capture_plans(read_memory(), sensor, settings)
    failure: Exception | None = None
    for plan in plans:
        try:
            picam2.configure(_configuration(picam2, plan, settings))
            picam2.start()
        except Exception as error:
            with suppress(Exception):
                picam2.stop()
            if not _for_want_of_memory(error):
                raise CameraError(
                    f"the Pi camera cannot be started at {plan.still[0]}x{plan.still[1]} with "
                    f"{plan.buffers} buffers: {error}"
                ) from error
            failure = error
            continue
        return plan
    smallest = plans[-1]
    raise CameraError(
        f"the memory does not suffice for {smallest.buffers} camera buffers of "
        f"{smallest.still[0]}x{smallest.still[1]}: set camera.still_width_px lower, or give the "
        "camera more with 'dtoverlay=vc4-kms-v3d,cma-256' in /boot/firmware/config.txt"
    ) from failure


def _configuration(picam2: Any, plan: CapturePlan, settings: CameraSettings) -> Any:
    from libcamera import ColorSpace, Transform

    flips = hardware_flips(settings)
    return picam2.create_video_configuration(
        main={"size": plan.still, "format": "YUV420"},
        lores={"size": plan.analysis, "format": "YUV420"},
        raw=None,
        transform=Transform(hflip=int(flips.horizontal), vflip=int(flips.vertical)),
        # OpenCV converts with BT.601; picamera2 would choose BT.709 for large pictures.
        colour_space=ColorSpace.Smpte170m(),
        buffer_count=plan.buffers,
        controls=_controls(picam2, settings),
        display=None,
        encode=None,
        queue=plan.queued,
    )


def _controls(picam2: Any, settings: CameraSettings) -> dict[str, Any]:
    from libcamera import controls

    known = picam2.camera_controls
    wanted: dict[str, Any] = {}
    if "FrameDurationLimits" in known:
        duration_us = round(1e6 / settings.frame_rate)
        wanted["FrameDurationLimits"] = (duration_us, duration_us)
    if "AfMode" in known:
        wanted["AfMode"] = controls.AfModeEnum.Continuous
    return wanted


def _for_want_of_memory(error: Exception) -> bool:
    told = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in told for sign in NO_MEMORY_SIGNS)
