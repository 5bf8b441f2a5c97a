"""Which camera a source means, and finding the one that is there."""

from pathlib import Path

import pytest

from device.camera.frame import CameraError, CameraInfo
from device.camera.opencv_camera import OpenCvCamera
from device.camera.replay import ReplayCamera
from device.camera.source import AutoCamera, make_camera
from device.camera.v4l2 import VideoDevice


@pytest.mark.parametrize(
    ("source", "family"),
    [
        ("auto", AutoCamera),
        ("/dev/video0", OpenCvCamera),
        ("/dev/v4l/by-id/usb-cam", OpenCvCamera),
        ("rtsp://cam/stream", OpenCvCamera),
        ("HTTP://cam/stream", OpenCvCamera),
        ("event/", ReplayCamera),
        ("party.mp4", ReplayCamera),
    ],
)
def test_the_source_names_the_family(settings, source, family):
    assert type(make_camera(settings(source))) is family


def test_picamera2_is_loaded_only_when_it_is_asked_for(settings):
    camera = make_camera(settings("picamera2"))
    assert type(camera).__module__ == "device.camera.picamera2_camera"


def test_an_unknown_scheme_is_refused_without_its_password(settings):
    with pytest.raises(CameraError, match="unknown scheme") as caught:
        make_camera(settings("ftp://me:secret@cam/x"))
    assert "secret" not in str(caught.value)


class Stand:
    """Stands for a camera of a family: these machines have none."""

    def __init__(self, name, error=None):
        self.name = name
        self.error = error
        self.closed = 0
        self.dropped = 7

    def open(self):
        if self.error is not None:
            raise CameraError(self.error)
        return CameraInfo(self.name, self.name, 1, 1)

    def read(self, timeout_s):
        return (self.name, timeout_s)

    def close(self):
        self.closed += 1


DEVICES = {
    Path("/dev/video0"): VideoDevice(Path("/dev/video0"), "unicam", "unicam", True),
    Path("/dev/video1"): VideoDevice(Path("/dev/video1"), "codec", "bcm2835-codec", False),
    Path("/dev/video2"): VideoDevice(Path("/dev/video2"), "Dead Cam", "uvcvideo", True),
    Path("/dev/video3"): VideoDevice(Path("/dev/video3"), "Good Cam", "uvcvideo", True),
}


@pytest.fixture
def auto(settings):
    def make(pi=None, usb=None, devices=DEVICES):
        made = []

        def opencv(chosen):
            made.append(Stand(chosen.source, (usb or {}).get(chosen.source)))
            return made[-1]

        camera = AutoCamera(
            settings("auto"),
            picamera2_installed=lambda: pi is not None,
            picamera2=lambda _: pi,
            opencv=opencv,
            devices=lambda: tuple(devices),
            query=devices.__getitem__,
        )
        return camera, made

    return make


def test_a_pi_camera_comes_first(auto):
    camera, made = auto(pi=Stand("picamera2"))
    assert camera.open().family == "picamera2"
    assert made == []
    assert camera.read(3) == ("picamera2", 3)
    assert camera.dropped == 7


def test_else_the_first_usb_camera_that_gives_a_frame(auto):
    broken_pi = Stand("picamera2", "no cameras available")
    camera, made = auto(pi=broken_pi, usb={"/dev/video2": "gave no frame"})
    assert camera.open().model == "/dev/video3"
    assert [stand.name for stand in made] == ["/dev/video2", "/dev/video3"]
    assert made[0].closed == broken_pi.closed == 1
    camera.close()
    camera.close()
    assert made[1].closed == 1


def test_without_a_camera_the_error_says_what_was_looked_for(auto):
    camera, _ = auto(
        pi=Stand("picamera2", "no cameras available"),
        usb={"/dev/video2": "gave no frame", "/dev/video3": "busy"},
    )
    with pytest.raises(CameraError) as caught:
        camera.open()
    sentence = str(caught.value)
    for part in (
        "Pi camera: no cameras available",
        "/dev/video0 (unicam): a Pi camera's sensor, needs picamera2",
        "/dev/video1 (codec): not a camera",
        "/dev/video2: gave no frame",
        "/dev/video3: busy",
        "camera.source",
    ):
        assert part in sentence
    with pytest.raises(CameraError, match="not open"):
        camera.read(1)
    assert camera.dropped == 0


def test_with_nothing_at_all_the_error_says_how_to_get_picamera2(auto):
    camera, _ = auto(devices={})
    with pytest.raises(CameraError, match=r"apt install python3-picamera2.*no /dev/video"):
        camera.open()


def test_it_looks_anew_each_time_it_is_opened(auto):
    usb = {"/dev/video2": "gave no frame", "/dev/video3": "unplugged"}
    camera, _ = auto(usb=usb)
    with pytest.raises(CameraError):
        camera.open()
    del usb["/dev/video3"]
    assert camera.open().model == "/dev/video3"
