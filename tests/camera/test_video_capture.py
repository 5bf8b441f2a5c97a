"""Opening a video source without chatter."""

import subprocess
import sys

import cv2
import pytest

from device.camera.video_capture import open_capture


def test_parameters_hold_while_opening(make_film):
    capture = open_capture(str(make_film()), cv2.CAP_FFMPEG, [(cv2.CAP_PROP_N_THREADS, 1)])
    assert capture.isOpened()
    assert capture.get(cv2.CAP_PROP_N_THREADS) == 1


@pytest.mark.parametrize(("debugging", "silent"), [(False, True), (True, False)])
def test_ffmpeg_is_silent_unless_somebody_debugs(tmp_path, debugging, silent):
    # A process of its own: FFmpeg reads the variable once.
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\1" * 200)
    program = (
        "import cv2\n"
        "from device.camera.video_capture import open_capture\n"
        f"assert not open_capture({str(path)!r}, cv2.CAP_FFMPEG).isOpened()\n"
    )
    levels = {"OPENCV_FFMPEG_LOGLEVEL": "48", "OPENCV_LOG_LEVEL": "DEBUG"} if debugging else {}
    result = subprocess.run(
        [sys.executable, "-c", program], env=levels, capture_output=True, text=True, check=True
    )
    assert (result.stdout + result.stderr == "") == silent
