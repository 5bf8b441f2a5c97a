"""Opening cv2.VideoCapture quietly: what went wrong is said once, by us."""

import os
from collections.abc import Sequence

import cv2

AV_LOG_QUIET = "-8"
# cv::utils::logging::LOG_LEVEL_ERROR
OPENCV_LOG_LEVEL_ERROR = 2


def open_capture(
    source: str, backend: int, parameters: Sequence[tuple[int, int]] = ()
) -> cv2.VideoCapture:
    """Open `source` with one backend; check `isOpened()`.

    FFmpeg's and OpenCV's own messages stay off: they repeat for every frame and attempt, and
    may show an address with its password.  Whoever debugs sets OPENCV_FFMPEG_LOGLEVEL or
    OPENCV_LOG_LEVEL in the environment, which are then left alone.

    Args:
        source: a path, a device or an address.
        backend: cv2.CAP_FFMPEG or cv2.CAP_V4L2; never CAP_ANY, which would try them all and
            take a folder of numbered pictures for a film.
        parameters: (property, value) pairs that hold while opening.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", AV_LOG_QUIET)
    if "OPENCV_LOG_LEVEL" not in os.environ:
        # A failed opening is only a warning to OpenCV; it is ours to report.
        _log_errors_only()
    flat = [number for pair in parameters for number in pair]
    return cv2.VideoCapture(source, backend, flat)


def _log_errors_only() -> None:
    """Set OpenCV's log level, where this version has it: 4.12 moved it out of 4.11's top level."""
    set_log_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    set_log_level(OPENCV_LOG_LEVEL_ERROR)
