"""The Pi camera's behaviour at its edges: nothing comes, nothing is there, no memory is left.

picamera2 and libcamera are stood in for by a script here, because these edges need hardware that
fails on command.  What picamera2 really does with frames, `make proof-picamera2` shows on the
unmodified libraries.
"""

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import cv2
import numpy as np
import pytest

from device.camera.frame import CameraError, CameraStalledError
from device.camera.memory_budget import Memory
from device.camera.picamera2_camera import Picamera2Camera
from device.config.camera import CameraSettings

SENSOR = (2592, 1944)
PI_CAMERA = {"Model": "ov5647", "Id": "/base/soc/i2c0mux/i2c@1/ov5647@36", "Num": 0}
USB_CAMERA = {"Model": "C270", "Id": "/base/scb/pcie/usb1-1.2", "Num": 1}
SETTINGS = CameraSettings(still_width_px=640, still_height_px=480, analysis_width_px=320)
TUNING = {
    "algorithms": [{"rpi.agc": {"exposure_modes": {"normal": {"shutter": [66666], "gain": [2]}}}}]
}


class ScriptedRequest:
    """A finished request: a bright upper left corner on gray."""

    def __init__(self, camera: "ScriptedPicamera2") -> None:
        self.camera = camera
        self.releases = 0

    def get_metadata(self) -> dict[str, Any]:
        return dict(self.camera.script.metadata)

    def release(self) -> None:
        self.releases += 1


class ScriptedPicamera2:
    """As much of `Picamera2` as the appliance uses, doing what `script` says."""

    def __init__(self, number: int, tuning: Any, script: SimpleNamespace) -> None:
        if script.busy:
            raise RuntimeError("Camera __init__ sequence did not complete.") from RuntimeError(
                "Failed to acquire camera: Device or resource busy"
            )
        self.number, self.tuning, self.script = number, tuning, script
        self.sensor_resolution = SENSOR
        self.camera_controls = script.controls
        self.frames = 0
        self.jobs: list[Future[ScriptedRequest]] = []
        self.closed = False
        script.opened.append(self)

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        return asked

    def configure(self, asked: dict[str, Any]) -> None:
        self.configured = asked
        for stream in ("main", "lores"):
            asked[stream]["format"] = self.script.pixel_format
        if not self.script.flips:
            asked["transform"] = SimpleNamespace(hflip=0, vflip=0)
        if asked["buffer_count"] > self.script.buffers_that_fit:
            raise OSError(12, "Cannot allocate memory")

    def start(self) -> None:
        if self.script.start_error is not None:
            raise self.script.start_error

    def stop(self) -> None:
        pass

    def camera_configuration(self) -> dict[str, Any]:
        return self.configured

    def capture_request(self, wait: bool) -> Future[ScriptedRequest]:
        assert wait is False
        job: Future[ScriptedRequest] = Future()
        self.jobs.append(job)
        if self.script.delivers:
            self.deliver(job)
        return job

    def deliver(self, job: Future[ScriptedRequest], passed_over: int = 0) -> ScriptedRequest:
        self.frames += 1 + passed_over
        request = ScriptedRequest(self)
        job.set_result(request)
        return request

    def wait(self, job: Future[ScriptedRequest], timeout: float) -> ScriptedRequest:
        return job.result(timeout)

    def cancel_all_and_flush(self) -> None:
        for job in self.jobs:
            if not job.done():
                job.set_exception(RuntimeError("cancelled"))

    def close(self) -> None:
        self.script.may_close.wait(20)
        if self.script.close_error is not None:
            raise self.script.close_error
        self.closed = True


class ScriptedMapping:
    def __init__(self, request: ScriptedRequest, stream: str, write: bool) -> None:
        assert not write
        width, height = request.camera.configured[stream]["size"]
        picture = np.full((height, width, 3), 60, np.uint8)
        picture[: height // 2, : width // 2] = 220
        yuv = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
        stride = width + 64
        laid = np.zeros(stride * height * 3 // 2, np.uint8)
        laid[: stride * height].reshape(height, stride)[:, :width] = yuv[:height]
        chroma = laid[stride * height :].reshape(2, height // 2, stride // 2)
        chroma[:, :, : width // 2] = yuv[height:].reshape(2, height // 2, width // 2)
        self.array = laid.reshape(-1, stride)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    told = SimpleNamespace(
        cameras=[PI_CAMERA],
        tuning=TUNING,
        controls={"FrameDurationLimits": (), "AfMode": ()},
        metadata={},
        busy=False,
        delivers=True,
        flips=True,
        pixel_format="YUV420",
        buffers_that_fit=99,
        start_error=None,
        close_error=None,
        may_close=threading.Event(),
        opened=[],
    )
    told.may_close.set()

    def load_tuning_file(name: str) -> dict[str, Any]:
        if told.tuning is None:
            raise RuntimeError("Tuning file not found")
        assert name == "ov5647.json"
        return dict(told.tuning)

    class Picamera2(ScriptedPicamera2):
        def __init__(self, number: int, tuning: Any = None) -> None:
            super().__init__(number, tuning, told)

        global_camera_info = staticmethod(lambda: told.cameras)

    Picamera2.load_tuning_file = staticmethod(load_tuning_file)  # type: ignore[attr-defined]
    stack, libcamera = ModuleType("picamera2"), ModuleType("libcamera")
    vars(stack).update(Picamera2=Picamera2, MappedArray=ScriptedMapping)
    vars(libcamera).update(
        ColorSpace=SimpleNamespace(Smpte170m=lambda: "Smpte170m"),
        Transform=lambda hflip, vflip: SimpleNamespace(hflip=hflip, vflip=vflip),
        controls=SimpleNamespace(AfModeEnum=SimpleNamespace(Continuous=2)),
    )
    monkeypatch.setitem(sys.modules, "picamera2", stack)
    monkeypatch.setitem(sys.modules, "libcamera", libcamera)
    plenty = Memory(2_000_000_000, 1_000_000_000)
    monkeypatch.setattr("device.camera.picamera2_setup.read_memory", lambda: plenty)
    yield told
    told.may_close.set()


def opened(script: SimpleNamespace, settings: CameraSettings = SETTINGS) -> Picamera2Camera:
    camera = Picamera2Camera(settings)
    camera.open()
    assert script.opened
    return camera


def test_it_says_what_it_is(script: SimpleNamespace) -> None:
    info = Picamera2Camera(SETTINGS).open()
    assert (info.family, info.model) == ("picamera2", "ov5647")
    assert (info.still_width_px, info.still_height_px) == (640, 480)
    assert info.details["analysis"] == "320x240"
    assert info.details["exposure limit"] == "20 ms"


def test_one_configuration_has_both_streams_and_no_raw_one(script: SimpleNamespace) -> None:
    opened(script)
    configured = script.opened[0].configured
    assert configured["main"]["size"] == (640, 480)
    assert configured["lores"]["size"] == (320, 240)
    assert configured["raw"] is None
    assert configured["colour_space"] == "Smpte170m"
    assert configured["controls"] == {"FrameDurationLimits": (66667, 66667), "AfMode": 2}


def test_controls_that_the_camera_lacks_are_left_out(script: SimpleNamespace) -> None:
    script.controls = {}
    opened(script)
    assert script.opened[0].configured["controls"] == {}


def test_exposure_is_limited_through_the_tuning(script: SimpleNamespace) -> None:
    opened(script)
    mode = script.opened[0].tuning["algorithms"][0]["rpi.agc"]["exposure_modes"]["normal"]
    assert mode["shutter"] == [20_000]


@pytest.mark.parametrize(
    ("tuning", "limit_ms", "note"),
    [
        (None, 20.0, "no tuning file"),
        ({"algorithms": []}, 20.0, "no automatic"),
        (TUNING, None, "none"),
    ],
)
def test_an_exposure_that_is_not_limited_is_said_to_be(
    script: SimpleNamespace, tuning: Any, limit_ms: float | None, note: str
) -> None:
    script.tuning = tuning
    settings = SETTINGS.model_copy(update={"max_exposure_ms": limit_ms})
    assert note in Picamera2Camera(settings).open().details["exposure limit"]
    assert script.opened[0].tuning is None


def test_a_frame_and_its_still_show_the_same_moment(script: SimpleNamespace) -> None:
    camera = opened(script)
    frame = camera.read(1)
    assert frame.index == 0
    assert frame.image.shape == (240, 320, 3)
    assert frame.still.read().shape == (480, 640, 3)
    assert frame.image[10, 10].min() > 200
    assert frame.image[-10, -10].max() < 80
    assert not frame.image.flags.writeable
    assert camera.read(1).index == 1


@pytest.mark.parametrize("hardware", [True, False])
@pytest.mark.parametrize(
    ("rotation", "flip", "bright"),
    [
        (0, "none", (0, 0)),
        (0, "horizontal", (0, -1)),
        (0, "vertical", (-1, 0)),
        (90, "none", (0, -1)),
        (90, "horizontal", (0, 0)),
        (90, "vertical", (-1, -1)),
        (180, "none", (-1, -1)),
        (180, "horizontal", (-1, 0)),
        (270, "none", (-1, 0)),
        (270, "vertical", (0, 0)),
    ],
)
def test_pictures_are_upright_whoever_turns_them(
    script: SimpleNamespace, hardware: bool, rotation: int, flip: str, bright: tuple[int, int]
) -> None:
    script.flips = hardware
    settings = CameraSettings.model_validate({"rotation": rotation, "flip": flip})
    camera = opened(script, settings)
    asked = script.opened[0].configured["transform"]
    frame = camera.read(1)
    for picture in (frame.image, frame.still.read()):
        # The script's hardware delivers the sensor's picture; mirror it as the camera would have.
        if asked.hflip or asked.vflip:
            turned = rotation in (90, 270)
            axes = [
                n for n, on in ((int(turned), asked.vflip), (int(not turned), asked.hflip)) if on
            ]
            upright = np.flip(picture, axes)
        else:
            upright = picture
        row = 5 if bright[0] == 0 else -5
        column = 5 if bright[1] == 0 else -5
        assert upright[row, column].min() > 200
        assert upright[-row, -column].max() < 80


def test_time_is_that_of_the_exposure(script: SimpleNamespace) -> None:
    camera = opened(script)
    script.metadata = {"SensorTimestamp": time.clock_gettime_ns(time.CLOCK_BOOTTIME) - 250_000_000}
    frame = camera.read(1)
    assert time.monotonic() - frame.time_s == pytest.approx(0.25, abs=0.05)
    assert (datetime.now(UTC) - frame.time).total_seconds() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("stamp", [None, 0, 2**62])
def test_a_time_stamp_of_another_clock_is_not_believed(script: SimpleNamespace, stamp: Any) -> None:
    camera = opened(script)
    script.metadata = {"SensorTimestamp": stamp}
    assert time.monotonic() - camera.read(1).time_s == pytest.approx(0, abs=0.05)


def test_time_never_runs_backwards(script: SimpleNamespace) -> None:
    camera = opened(script)
    now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    times = []
    for stamp in (now_ns - 10**8, now_ns - 10**8, None, now_ns - 5 * 10**7, now_ns - 2 * 10**8):
        script.metadata = {"SensorTimestamp": stamp}
        times.append(camera.read(1).time_s)
    assert times == sorted(times)
    assert times[0] == times[1]


def test_frames_passed_over_are_counted(script: SimpleNamespace) -> None:
    camera = opened(script)
    camera.read(1)
    script.delivers = False
    threading.Timer(0.05, lambda: pi.deliver(pi.jobs[-1], passed_over=3)).start()
    pi = script.opened[0]
    camera.read(1)
    assert camera.dropped == 3


def test_a_camera_that_delivers_nothing_is_called_stalled(script: SimpleNamespace) -> None:
    script.delivers = False
    camera = opened(script)
    with pytest.raises(CameraStalledError, match=r"no frame for 0\.05 s"):
        camera.read(0.05)


def test_a_frame_that_comes_after_the_timeout_is_not_lost(script: SimpleNamespace) -> None:
    script.delivers = False
    camera = opened(script)
    with pytest.raises(CameraStalledError):
        camera.read(0.01)
    pi = script.opened[0]
    pi.deliver(pi.jobs[0])
    assert camera.read(0.01).index == 0
    assert len(pi.jobs) == 1


def test_a_job_that_fails_is_a_camera_that_failed(script: SimpleNamespace) -> None:
    script.delivers = False
    camera = opened(script)
    pi = script.opened[0]
    threading.Timer(0.05, lambda: pi.jobs[0].set_exception(RuntimeError("no buffer"))).start()
    with pytest.raises(CameraError, match="no buffer"):
        camera.read(1)
    script.delivers = True
    camera.read(1)


def test_a_frame_that_cannot_be_read_gives_its_buffer_back(script: SimpleNamespace) -> None:
    camera = opened(script)
    script.metadata = None  # as when the request was taken away underneath
    with pytest.raises(CameraError, match="cannot be read"):
        camera.read(1)
    assert script.opened[0].jobs[0].result().releases == 1


def test_a_closed_camera_says_so(script: SimpleNamespace) -> None:
    with pytest.raises(CameraError, match="closed"):
        Picamera2Camera(SETTINGS).read(1)


def test_closing_twice_and_opening_again_works(script: SimpleNamespace) -> None:
    camera = opened(script)
    frame = camera.read(1)
    camera.close()
    camera.close()
    assert script.opened[0].closed
    assert frame.still.read().shape == (480, 640, 3)
    camera.open()
    assert camera.read(1).index == 0


def test_opening_an_open_camera_closes_it_first(script: SimpleNamespace) -> None:
    camera = opened(script)
    camera.open()
    assert script.opened[0].closed


def test_a_request_that_came_for_nobody_is_given_back_on_closing(script: SimpleNamespace) -> None:
    script.delivers = False
    camera = opened(script)
    with pytest.raises(CameraStalledError):
        camera.read(0.01)
    request = script.opened[0].deliver(script.opened[0].jobs[0])
    camera.close()
    assert request.releases == 1


def test_a_camera_that_does_not_close_cleanly_is_only_noted(
    script: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    camera = opened(script)
    script.close_error = RuntimeError("release failed")
    camera.close()
    assert "release failed" in caplog.text


def test_a_wedged_driver_does_not_hold_up_closing(
    script: SimpleNamespace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.camera.picamera2_camera.CLOSE_TIMEOUT_S", 0.1)
    camera = opened(script)
    script.may_close.clear()
    started = time.monotonic()
    camera.close()
    assert time.monotonic() - started < 2
    assert "wedged" in caplog.text


def test_without_a_camera_the_cable_is_named(script: SimpleNamespace) -> None:
    script.cameras = []
    with pytest.raises(CameraError, match=r"found: none.*ribbon cable.*--list-cameras"):
        Picamera2Camera(SETTINGS).open()


def test_usb_cameras_are_left_to_v4l2(script: SimpleNamespace) -> None:
    script.cameras = [PI_CAMERA, USB_CAMERA]
    with pytest.raises(CameraError, match=r"number 1 \(found: ov5647\)"):
        Picamera2Camera(SETTINGS, 1).open()


def test_a_busy_camera_is_explained(script: SimpleNamespace) -> None:
    script.busy = True
    with pytest.raises(CameraError, match=r"resource busy.*Another program.*fuser"):
        Picamera2Camera(SETTINGS).open()


def test_where_memory_is_short_fewer_buffers_are_tried(script: SimpleNamespace) -> None:
    script.buffers_that_fit = 5
    camera = Picamera2Camera(SETTINGS)
    assert camera.open().details["buffers"] == "5"
    camera.read(1)


def test_where_memory_never_suffices_the_remedy_is_named(script: SimpleNamespace) -> None:
    script.buffers_that_fit = 0
    with pytest.raises(CameraError, match=r"does not suffice.*640x480.*cma-256"):
        Picamera2Camera(SETTINGS).open()
    assert script.opened[0].closed


def test_another_failure_to_start_is_passed_on(script: SimpleNamespace) -> None:
    script.start_error = RuntimeError("Failed to start camera: Input/output error")
    with pytest.raises(CameraError, match="Input/output error"):
        Picamera2Camera(SETTINGS).open()
    assert script.opened[0].closed


def test_a_format_that_is_not_understood_is_named(script: SimpleNamespace) -> None:
    script.pixel_format = "MJPEG"
    with pytest.raises(CameraError, match=r"MJPEG.*YUV420, NV12.*/dev/video0"):
        Picamera2Camera(SETTINGS).open()
