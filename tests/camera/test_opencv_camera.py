"""Live cameras through OpenCV.

The network cameras are real: an MJPEG server on this machine.  No USB camera exists where tests
run, so that `FakeCapture` stands for cv2.VideoCapture's V4L2 backend: it answers as OpenCV's
documentation says and proves what is asked of the camera, not how a camera behaves.
"""

import base64
import logging
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera import opencv_camera
from device.camera.frame import CameraError, CameraStalledError
from device.camera.opencv_camera import LARGEST_FIRST, MJPG, OpenCvCamera
from device.camera.v4l2 import VideoDevice


@pytest.fixture
def network_camera(mjpeg_server, settings):
    camera = OpenCvCamera(settings(mjpeg_server.url))
    yield camera
    camera.close()


def read_many(camera, timeout_s=1.0):
    for _ in range(200):
        camera.read(timeout_s)


def test_a_network_camera_says_what_it_is(network_camera):
    info = network_camera.open()
    assert (info.family, info.still_width_px, info.still_height_px) == ("network", 320, 240)


def test_frames_come_in_order_with_rising_index_and_time(network_camera, shown_number):
    network_camera.open()
    frames = [network_camera.read(1) for _ in range(8)]
    assert [shown_number(frame.image) for frame in frames] == [frame.index for frame in frames]
    assert all(np.diff([frame.index for frame in frames]) > 0)
    assert all(np.diff([frame.time_s for frame in frames]) > 0)
    assert all(frame.time.utcoffset().total_seconds() == 0 for frame in frames)


def test_a_slow_reader_gets_the_newest_frame_and_the_others_count_as_dropped(
    network_camera, shown_number
):
    network_camera.open()
    network_camera.read(1)
    network_camera.read(1)
    time.sleep(0.4)
    frame = network_camera.read(1)
    assert frame.index > 10
    assert shown_number(frame.image) == frame.index
    assert network_camera.dropped >= frame.index - 3


def test_the_still_is_the_picture_of_that_very_frame(mjpeg_server, settings, shown_number):
    camera = OpenCvCamera(settings(mjpeg_server.url, analysis_width_px=160, analysis_height_px=120))
    camera.open()
    frame = camera.read(1)
    later = camera.read(1)
    assert frame.image.shape == (120, 160, 3)
    still = frame.still.read()
    assert still.shape == (240, 320, 3)
    assert shown_number(still) == shown_number(frame.image) == frame.index != later.index
    camera.close()
    assert shown_number(frame.still.read()) == frame.index
    frame.still.release()
    frame.still.release()
    with pytest.raises(CameraError, match="released"):
        frame.still.read()


def test_a_stalled_stream_is_a_stall_then_an_error(mjpeg_server, network_camera):
    network_camera.open()
    mjpeg_server.flowing.clear()
    with pytest.raises(CameraStalledError, match=r"no frame within 0\.1 s"):
        read_many(network_camera, timeout_s=0.1)
    with pytest.raises(CameraError, match="ended or stalled"):
        network_camera.read(3)


def test_a_dropped_connection_is_an_error_and_the_camera_can_be_opened_again(
    mjpeg_server, network_camera, shown_number
):
    network_camera.open()
    mjpeg_server.drop_clients()
    with pytest.raises(CameraError, match="ended or stalled"):
        read_many(network_camera)
    network_camera.open()
    assert shown_number(network_camera.read(1).image) < 5


def test_two_readers_at_a_time(mjpeg_server, settings, shown_number):
    cameras = [OpenCvCamera(settings(mjpeg_server.url)) for _ in range(2)]
    for camera in cameras:
        camera.open()
    for camera in cameras:
        assert shown_number(camera.read(1).image) >= 0
        camera.close()
    assert mjpeg_server.requests == 2


def test_a_server_that_never_answers_ends_the_opening(settings):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"rtsp://viewer:geheim@127.0.0.1:{silent.getsockname()[1]}/stream"
        started_s = time.monotonic()
        with pytest.raises(CameraError, match=r"cannot be opened|no frame") as caught:
            OpenCvCamera(settings(url)).open()
    assert time.monotonic() - started_s < 5
    assert "geheim" not in str(caught.value)


def test_a_dead_server_is_a_clear_error(mjpeg_server, settings):
    mjpeg_server.stop()
    with pytest.raises(CameraError, match="does not answer"):
        OpenCvCamera(settings(mjpeg_server.url)).open()


@pytest.mark.parametrize("password", ["geheim", "right"])
def test_a_password_is_used_and_never_shown(mjpeg_server, settings, caplog, capfd, password):
    caplog.set_level(logging.DEBUG)
    mjpeg_server.authorization = "Basic " + base64.b64encode(b"viewer:right").decode()
    camera = OpenCvCamera(settings(mjpeg_server.url_with("viewer", password)))
    said = ""
    try:
        said = repr(camera.open())
        camera.read(1)
        mjpeg_server.stop()
        read_many(camera)
    except CameraError as error:
        said += str(error)
    finally:
        camera.close()
    assert ("family='network'" in said) == (password == "right")
    assert f"http://127.0.0.1:{mjpeg_server.url.split(':')[2].split('/')[0]}/…" in said
    output = capfd.readouterr()
    for text in (
        said,
        caplog.text,
        output.out,
        output.err,
        *(t.name for t in threading.enumerate()),
    ):
        assert password not in text
        assert "viewer" not in text


@pytest.mark.parametrize("password", ["plain", "s/l@a:s#h ?%41&", "pässwörd"])
def test_the_password_of_the_configuration_reaches_the_camera(
    mjpeg_server, settings, tmp_path, password
):
    (tmp_path / "secret").write_text(password + "\n", encoding="utf-8")
    both = f"viewer:{password}".encode()
    mjpeg_server.authorization = "Basic " + base64.b64encode(both).decode()
    changes = {"username": "viewer", "password": f"file:{tmp_path / 'secret'}"}
    camera = OpenCvCamera(settings(mjpeg_server.url, **changes))
    assert camera.open().still_width_px == 320
    camera.close()


def test_a_password_that_cannot_be_read_is_a_clear_error(mjpeg_server, settings, tmp_path):
    changes = {"username": "viewer", "password": f"file:{tmp_path / 'absent'}"}
    with pytest.raises(CameraError, match=r"camera\.password: the secret file .*absent cannot"):
        OpenCvCamera(settings(mjpeg_server.url, **changes)).open()


def test_closing_twice_or_unopened_is_harmless_and_leaves_no_thread(network_camera):
    before = threading.active_count()
    network_camera.close()
    network_camera.open()
    network_camera.close()
    network_camera.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("capture")]
    assert threading.active_count() <= before + 1  # the server's, for the connection
    with pytest.raises(CameraError, match="not open"):
        network_camera.read(0.1)


def test_rotation_and_flip(mjpeg_server, settings, numbered_picture):
    camera = OpenCvCamera(settings(mjpeg_server.url, rotation=90, analysis_width_px=160))
    info = camera.open()
    assert (info.still_width_px, info.still_height_px) == (240, 320)
    frame = camera.read(1)
    assert frame.image.shape == (213, 160, 3)
    expected = cv2.rotate(numbered_picture(frame.index), cv2.ROTATE_90_CLOCKWISE)
    assert np.abs(frame.still.read().astype(int) - expected).mean() < 3
    camera.close()


class FakeCapture:
    """cv2.VideoCapture over V4L2, with the sizes and rates of an invented USB camera."""

    def __init__(self, make_picture, modes, *, mjpg=True, opened=True, damage=()):
        self.make_picture = make_picture
        self.modes = modes  # (width, height) → highest rate
        self.mjpg = mjpg
        self.opened = opened
        self.damage = damage
        self.values = {cv2.CAP_PROP_CONVERT_RGB: 1, cv2.CAP_PROP_FOURCC: 0}
        self.order = []
        self.number = -1
        self.released = threading.Event()

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return self.opened

    def set(self, name, value):
        self.order.append(name)
        if name == cv2.CAP_PROP_FOURCC and not self.mjpg:
            return False
        self.values[name] = value
        return True

    @property
    def size(self):
        wanted = self.values.get(cv2.CAP_PROP_FRAME_WIDTH, 640)
        return min(self.modes, key=lambda mode: abs(mode[0] - wanted))

    def get(self, name):
        if name == cv2.CAP_PROP_FPS:
            return min(self.modes[self.size], self.values.get(name, 30))
        return self.values.get(name, 0)

    def grab(self):
        time.sleep(0.01)
        self.number += 1
        return not self.released.is_set()

    def retrieve(self):
        picture = self.make_picture(self.number % 256, *self.size)
        if self.values[cv2.CAP_PROP_CONVERT_RGB]:
            return True, picture
        jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].reshape(1, -1)
        if self.number in self.damage:
            jpeg[:, :20] = 0
        return True, jpeg

    def release(self):
        self.released.set()


MODES = {(640, 480): 30, (1280, 720): 30, (1920, 1080): 30, (3840, 2160): 5}


@pytest.fixture
def usb_camera(monkeypatch, settings, numbered_picture):
    cameras = []

    def make(modes=MODES, device=None, capture_options=None, **changes):
        device = device or VideoDevice(Path("/dev/video0"), "Invented Cam", "uvcvideo", True)
        monkeypatch.setattr(opencv_camera, "query_device", lambda path: device)
        monkeypatch.setattr(opencv_camera, "keep_frame_rate", lambda path: True)
        capture = FakeCapture(numbered_picture, modes, **capture_options or {})
        asked = []

        def open_capture(source, backend, parameters):
            asked.append((source, backend))
            return capture

        camera = OpenCvCamera(settings("/dev/video0", **changes), open_capture=open_capture)
        cameras.append(camera)
        return camera, capture, asked

    yield make
    for camera in cameras:
        camera.close()


def test_a_usb_camera_is_asked_for_jpeg_first_then_for_the_largest_size_at_its_rate(usb_camera):
    camera, capture, asked = usb_camera()
    info = camera.open()
    assert asked == [("/dev/video0", cv2.CAP_V4L2)]
    assert capture.order[0] == cv2.CAP_PROP_FOURCC
    assert capture.values[cv2.CAP_PROP_FOURCC] == MJPG
    # 3840x2160 exists but only at 5 frames a second, a third of the 15 asked for.
    assert (info.still_width_px, info.still_height_px) == (1920, 1080)
    assert (info.family, info.model) == ("v4l2", "Invented Cam")
    assert info.details["kept as"] == "JPEG"


def test_a_usb_camera_gives_the_size_that_is_asked_for(usb_camera):
    camera, capture, _ = usb_camera(still_width_px=3840, still_height_px=2160)
    assert camera.open().still_width_px == 3840
    assert capture.order.count(cv2.CAP_PROP_FRAME_WIDTH) == 1


def test_the_largest_size_is_taken_where_no_size_is_fast_enough(usb_camera):
    camera, capture, _ = usb_camera(modes={(640, 480): 2})
    assert camera.open().still_width_px == 640
    assert capture.order.count(cv2.CAP_PROP_FRAME_WIDTH) == len(LARGEST_FIRST)


def test_a_jpeg_is_rated_small_and_kept_whole(usb_camera, shown_number):
    camera, _, _ = usb_camera()
    camera.open()
    frame = camera.read(1)
    assert frame.image.shape == (360, 640, 3)
    assert frame.still.read().shape == (1080, 1920, 3)
    assert shown_number(frame.still.read()) == shown_number(frame.image) == frame.index


def test_a_camera_without_jpeg_gives_pixels(usb_camera, shown_number):
    camera, _, _ = usb_camera(capture_options={"mjpg": False})
    assert camera.open().details["kept as"] == "pixels"
    frame = camera.read(1)
    assert frame.image.shape == (360, 640, 3)
    assert shown_number(frame.still.read()) == frame.index


def test_damaged_jpegs_are_passed_over(usb_camera):
    camera, _, _ = usb_camera(capture_options={"damage": {1, 2, 3}})
    camera.open()
    assert camera.read(1).index == 0
    assert camera.read(2).index >= 4


def test_nothing_but_damaged_jpegs_is_a_stall(usb_camera):
    camera, _, _ = usb_camera(capture_options={"damage": range(1, 100_000)})
    camera.open()
    camera.read(1)
    with pytest.raises(CameraStalledError):
        camera.read(0.2)


def test_a_busy_usb_camera_is_a_clear_error(usb_camera):
    camera, _, _ = usb_camera(capture_options={"opened": False})
    with pytest.raises(CameraError, match=r"another program may be using it \(sudo fuser"):
        camera.open()


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        (VideoDevice(Path("/dev/video10"), "codec", "bcm2835-codec", False), "is not a camera"),
        (VideoDevice(Path("/dev/video0"), "unicam", "unicam", True), "camera.source to picamera2"),
    ],
)
def test_devices_that_give_no_pictures_are_refused_with_the_reason(usb_camera, device, sentence):
    camera, _, _ = usb_camera(device=device)
    with pytest.raises(CameraError, match=sentence):
        camera.open()
