"""A Raspberry Pi's camera through picamera2.

One configuration for good: a full-resolution main stream and a small one for the rating, both of
the same request, so the frame that was rated is the frame that is saved.  No mode is ever switched
and no raw stream is asked for.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import MappingProxyType, ModuleType
from typing import Any, Final, cast

import cv2

from device.camera.frame import CameraError, CameraInfo, CameraStalledError, Frame, Image
from device.camera.picamera2_setup import (
    Flips,
    acquire,
    find_camera,
    hardware_flips,
    limited_tuning,
    start,
)
from device.camera.picamera2_stack import load_picamera2
from device.camera.picamera2_still import StillLayout, StillPool
from device.camera.yuv420 import YUV_FORMATS, YuvFormat, to_bgr
from device.config.camera import CameraSettings

logger = logging.getLogger(__name__)

# A wedged kernel driver can keep libcamera from ever stopping.
CLOSE_TIMEOUT_S: Final = 5.0
# A frame cannot be older than this when it is read: its time stamp is then of another clock.
OLDEST_FRAME_S: Final = 10.0


class Picamera2Camera:
    """Gives the newest frame of a Pi camera; `camera_number` counts as rpicam-hello does."""

    def __init__(self, settings: CameraSettings, camera_number: int = 0) -> None:
        self._settings = settings
        self._camera_number = camera_number
        self._picam2: Any = None
        self._job: Any = None
        self._pool = StillPool(1, 0)
        self._main: StillLayout | None = None
        self._lores: StillLayout | None = None
        self._clock = FrameClock()
        self._returned = 0
        self._completed = 0

    def open(self) -> CameraInfo:
        """Start the camera in the best way that memory allows.

        Raises:
            CameraError: picamera2 is missing or broken, no camera answers, another program has it,
                or memory does not suffice; the sentence says what to do.
        """
        self.close()
        stack = load_picamera2()
        described = find_camera(stack, self._camera_number)
        model = str(described.get("Model", "unknown"))
        tuning, exposure_note = limited_tuning(stack, model, self._settings.max_exposure_ms)
        self._picam2 = acquire(stack, self._camera_number, tuning)
        try:
            plan = start(self._picam2, self._settings)
            main, lores = self._read_layouts(stack)
        except BaseException:
            self.close()
            raise
        self._pool = StillPool(plan.holdable, plan.spare_copies)
        self._clock = FrameClock()
        self._returned = self._completed = 0
        turned = self._settings.rotation in (90, 270)
        return CameraInfo(
            family="picamera2",
            model=model,
            still_width_px=main.height_px if turned else main.width_px,
            still_height_px=main.width_px if turned else main.height_px,
            details=MappingProxyType(
                {
                    "id": str(described.get("Id", "")),
                    "analysis": f"{lores.width_px}x{lores.height_px}",
                    "buffers": str(plan.buffers),
                    "stills held": str(plan.holdable + plan.spare_copies),
                    "exposure limit": exposure_note,
                }
            ),
        )

    def read(self, timeout_s: float) -> Frame:
        """Return the newest frame that has not been returned yet, waiting for it if need be.

        When as many pictures are held as the camera can spare buffers for, the one held longest
        is first moved to ordinary memory.

        Raises:
            CameraStalledError: no frame came within `timeout_s`.
            CameraError: the camera is closed or failed.
        """
        picam2, main, lores = self._picam2, self._main, self._lores
        if picam2 is None or main is None or lores is None:
            raise CameraError("the camera is closed; open it before reading")
        self._pool.make_room()
        request = self._await_request(picam2, timeout_s)
        try:
            time_s, utc = self._clock.times(request.get_metadata().get("SensorTimestamp"))
            image = _upright_copy(lores, request)
        except Exception as error:
            request.release()
            raise CameraError(f"a frame of the camera cannot be read: {error}") from error
        index = self._returned
        self._returned += 1
        self._completed = max(int(picam2.frames), self._returned)
        return Frame(index, image, utc, time_s, self._pool.lend(request, main, image))

    @property
    def dropped(self) -> int:
        """Frames dropped since `open` because the reader was busy."""
        return self._completed - self._returned

    def close(self) -> None:
        """Stop the camera; idempotent.  Held stills stay readable, as copies."""
        picam2, self._picam2 = self._picam2, None
        job, self._job = self._job, None
        self._pool.close()
        if picam2 is None:
            return
        closing = threading.Thread(
            target=_close_quietly, args=(picam2, job), name="picamera2-close", daemon=True
        )
        closing.start()
        closing.join(CLOSE_TIMEOUT_S)
        if closing.is_alive():
            logger.error(
                "The camera does not stop: its driver is wedged. Restarting this program, or the "
                "Pi, frees it"
            )

    def _read_layouts(self, stack: ModuleType) -> tuple[StillLayout, StillLayout]:
        """Note how both streams really lie in memory."""
        configured = self._picam2.camera_configuration()
        got = configured["transform"]
        asked = hardware_flips(self._settings)
        # What the camera did not mirror itself is mirrored here.
        left = Flips(asked.horizontal != bool(got.hflip), asked.vertical != bool(got.vflip))
        upright = _turner(left, self._settings.rotation)
        self._main = _layout(stack, configured, "main", upright)
        self._lores = _layout(stack, configured, "lores", upright)
        return self._main, self._lores

    def _await_request(self, picam2: Any, timeout_s: float) -> Any:
        # A request that comes after the time-out belongs to the same job: a second job would
        # leave the first one's buffer with nobody to give it back.
        if self._job is None:
            self._job = picam2.capture_request(wait=False)
        try:
            request = picam2.wait(self._job, timeout=timeout_s)
        except TimeoutError as error:
            raise CameraStalledError(
                f"the Pi camera has given no frame for {timeout_s:g} s; check its cable"
            ) from error
        except Exception as error:
            self._job = None
            raise CameraError(f"the Pi camera failed: {error}") from error
        self._job = None
        return request


def _layout(
    stack: ModuleType, configured: Any, stream: str, upright: Callable[[Image], Image]
) -> StillLayout:
    pixel_format = configured[stream]["format"]
    if pixel_format not in YUV_FORMATS:
        raise CameraError(
            f"the camera gives {pixel_format} pictures for its {stream} stream; supported are "
            f"{', '.join(YUV_FORMATS)}. If it is a USB camera, set camera.source to its device, "
            "such as /dev/video0"
        )
    width_px, height_px = configured[stream]["size"]
    return StillLayout(
        cast(YuvFormat, pixel_format),
        width_px,
        height_px,
        upright,
        lambda request: stack.MappedArray(request, stream, write=False),
    )


def _upright_copy(layout: StillLayout, request: Any) -> Image:
    with layout.map_pixels(request) as pixels:
        image = to_bgr(pixels.array, layout.pixel_format, layout.width_px, layout.height_px)
    image = layout.upright(image)
    image.flags.writeable = False
    return image


def _turner(flips: Flips, rotation: int) -> Callable[[Image], Image]:
    """What makes a picture upright: the flips that are left, then quarter turns."""
    flip_code = {(True, False): 1, (False, True): 0, (True, True): -1}.get(
        (flips.horizontal, flips.vertical)
    )
    turn = {90: cv2.ROTATE_90_CLOCKWISE, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}.get(rotation)

    def upright(image: Image) -> Image:
        if flip_code is not None:
            image = cast(Image, cv2.flip(image, flip_code))
        if turn is not None:
            image = cast(Image, cv2.rotate(image, turn))
        return image

    return upright


class FrameClock:
    """Turns libcamera's SensorTimestamp, nanoseconds of CLOCK_BOOTTIME, into the project's times.

    How far the two clocks lie apart is measured once: measured for each frame, it would jitter,
    and two frames of almost the same time could change places.
    """

    def __init__(self) -> None:
        self._boot_to_monotonic_s = time.monotonic() - time.clock_gettime(time.CLOCK_BOOTTIME)
        self._last_s = 0.0

    def times(self, sensor_ns: object) -> tuple[float, datetime]:
        """Monotonic seconds, never less than those before, and UTC of a frame's exposure."""
        now_s = time.monotonic()
        time_s = now_s
        if isinstance(sensor_ns, int):
            time_s = sensor_ns / 1e9 + self._boot_to_monotonic_s
        if not 0 <= now_s - time_s <= OLDEST_FRAME_S:
            time_s = now_s
        self._last_s = time_s = max(time_s, self._last_s)
        return time_s, datetime.now(UTC) - timedelta(seconds=max(0.0, now_s - time_s))


def _close_quietly(picam2: Any, job: Any) -> None:
    """Stop and free the camera, with whatever request came for nobody."""
    try:
        picam2.cancel_all_and_flush()
        if job is not None:
            with suppress(Exception):
                picam2.wait(job, timeout=0).release()
    except Exception as error:  # noqa: BLE001 - closing goes on whatever went wrong before
        logger.debug("Before closing the camera: %s", error)
    try:
        picam2.close()
    except Exception as error:  # noqa: BLE001 - picamera2 raises many kinds; the camera is gone
        logger.warning("The camera did not close cleanly: %s", error)
