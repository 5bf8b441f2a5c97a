"""Asking the kernel about video devices.

No video device exists where tests run: what a device answers is packed here as
`linux/videodev2.h` lays it out; the errors are the kernel's own.
"""

import os
import struct
from pathlib import Path

import pytest

from device.camera import v4l2
from device.camera.frame import CameraError
from device.camera.v4l2 import device_paths, keep_frame_rate, query_device

CAPTURE = 0x1
META_CAPTURE = 0x00800000
MEMORY_TO_MEMORY = 0x00008000
STREAMING = 0x04000000
DEVICE_CAPS = 0x80000000


def capability(driver, card, capabilities, device_capabilities):
    return struct.pack(
        "=16s32s32sIII3I",
        driver,
        card,
        b"usb-1",
        0x060100,
        capabilities,
        device_capabilities,
        0,
        0,
        0,
    )


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """Let VIDIOC_QUERYCAP answer with the given bytes, as a driver would."""

    def answer_with(data):
        path = tmp_path / "video0"
        path.touch()

        def ioctl(file, request, buffer):
            # _IOR('V', 0, struct v4l2_capability): direction 2, size 104, type 'V', number 0.
            assert request == 2 << 30 | 104 << 16 | ord("V") << 8 | 0
            assert len(buffer) == len(data) == 104
            buffer[:] = data

        monkeypatch.setattr(v4l2.fcntl, "ioctl", ioctl)
        return path

    return answer_with


@pytest.mark.parametrize(
    ("driver", "own", "is_camera", "is_raw_sensor"),
    [
        (b"uvcvideo", CAPTURE | STREAMING, True, False),
        (b"uvcvideo", META_CAPTURE | STREAMING, False, False),  # a webcam's second device
        (b"bcm2835-codec", MEMORY_TO_MEMORY | STREAMING, False, False),
        (b"unicam", CAPTURE | STREAMING, False, True),
        (b"rp1-cfe", CAPTURE | STREAMING, False, True),
    ],
)
def test_cameras_are_told_from_codecs_metadata_and_raw_sensors(
    kernel, driver, own, is_camera, is_raw_sensor
):
    # `capabilities` are those of the whole piece of hardware; `device_caps` those of this device.
    path = kernel(capability(driver, b"HD Pro Webcam", DEVICE_CAPS | CAPTURE | own, own))
    device = query_device(path)
    assert (device.card, device.driver) == ("HD Pro Webcam", driver.decode())
    assert (device.is_camera, device.is_raw_sensor) == (is_camera, is_raw_sensor)


def test_old_drivers_without_device_capabilities(kernel):
    assert query_device(kernel(capability(b"old", b"Cam", CAPTURE, 0))).is_camera


def test_a_missing_device_is_named_with_those_there_are():
    with pytest.raises(CameraError, match=r"no camera at /dev/video99 \(video devices found: "):
        query_device(Path("/dev/video99"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_forbidden_device_says_which_group_is_missing(tmp_path):
    path = tmp_path / "video0"
    path.touch(0o000)
    with pytest.raises(CameraError, match="group video"):
        query_device(path)


def test_a_file_that_is_no_video_device_is_refused(tmp_path):
    path = tmp_path / "video0"
    path.touch()
    with pytest.raises(CameraError, match="is not a video device"):
        query_device(path)
    assert query_error(Path("/dev/null")) == query_error(path).replace(str(path), "/dev/null")


def query_error(path):
    with pytest.raises(CameraError) as caught:
        query_device(path)
    return str(caught.value)


def test_devices_are_listed_by_number(tmp_path):
    for name in ("video10", "video2", "video0", "videoX", "vbi0"):
        (tmp_path / name).touch()
    assert [path.name for path in device_paths(tmp_path)] == ["video0", "video2", "video10"]


def test_a_camera_without_the_control_keeps_its_exposure(tmp_path):
    path = tmp_path / "video0"
    path.touch()
    assert keep_frame_rate(path) is False
    assert keep_frame_rate(tmp_path / "absent") is False
