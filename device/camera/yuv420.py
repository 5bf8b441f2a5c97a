"""YUV pictures as a Pi's camera writes them, to BGR.

Layouts: `DRM_FORMAT_YUV420` and `DRM_FORMAT_NV12` of the kernel's `drm_fourcc.h`.  Rows are padded
to the hardware's alignment; the padding is never a part of the picture.
"""

from typing import Final, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
YuvFormat = Literal["YUV420", "NV12"]

YUV_FORMATS: Final[tuple[YuvFormat, ...]] = ("YUV420", "NV12")
_TO_BGR: Final = {"YUV420": cv2.COLOR_YUV2BGR_I420, "NV12": cv2.COLOR_YUV2BGR_NV12}


def pack(padded: Bytes, pixel_format: YuvFormat, width: int, height: int) -> Bytes:
    """Copy a picture without its row padding.

    Args:
        padded: uint8, at least `height * 3 / 2` rows of the luma's stride, in memory order.
        pixel_format: its layout.
        width: even, in pixels, at most the stride.
        height: even, in pixels.

    Returns:
        uint8 (height * 3 / 2, width), contiguous: what OpenCV calls I420 or NV12.
    """
    stride = padded.shape[1]
    flat = padded.reshape(-1)
    packed = np.empty((height * 3 // 2, width), np.uint8)
    packed[:height] = flat[: stride * height].reshape(height, stride)[:, :width]
    chroma = flat[stride * height : stride * height * 3 // 2]
    if pixel_format == "NV12":
        packed[height:] = chroma.reshape(height // 2, stride)[:, :width]
    else:
        # U, then V; their rows are half as long as the luma's, padding included.
        planes = chroma.reshape(2, height // 2, stride // 2)[:, :, : width // 2]
        packed[height:].reshape(2, height // 2, width // 2)[:] = planes
    return packed


def packed_to_bgr(packed: Bytes, pixel_format: YuvFormat) -> Bytes:
    """Convert a packed picture to uint8 (height, width, 3), BGR.

    OpenCV converts with BT.601 and limited range: the camera is asked for that colour space.
    """
    return cast(Bytes, cv2.cvtColor(packed, _TO_BGR[pixel_format]))


def to_bgr(padded: Bytes, pixel_format: YuvFormat, width: int, height: int) -> Bytes:
    """Convert a picture with padded rows to uint8 (height, width, 3), BGR."""
    if padded.shape == (height * 3 // 2, width) and padded.flags.c_contiguous:
        return packed_to_bgr(padded, pixel_format)
    return packed_to_bgr(pack(padded, pixel_format, width, height), pixel_format)
