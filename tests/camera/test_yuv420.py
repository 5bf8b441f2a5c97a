"""Padded YUV pictures become the BGR pictures they show."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.camera.yuv420 import Bytes, YuvFormat, pack, packed_to_bgr, to_bgr

GREEN_BGR = (40, 180, 60)


def packed(width: int, height: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (height * 3 // 2, width), np.uint8)


def padded(picture: Bytes, pixel_format: YuvFormat, stride: int, rubbish: int = 255) -> Bytes:
    """Lay a packed picture out as a camera with longer rows does; the padding is rubbish."""
    width, height = picture.shape[1], picture.shape[0] * 2 // 3
    laid = np.full(stride * height * 3 // 2, rubbish, np.uint8)
    laid[: stride * height].reshape(height, stride)[:, :width] = picture[:height]
    chroma = laid[stride * height :]
    if pixel_format == "NV12":
        chroma.reshape(height // 2, stride)[:, :width] = picture[height:]
    else:
        planes = picture[height:].reshape(2, height // 2, width // 2)
        chroma.reshape(2, height // 2, stride // 2)[:, :, : width // 2] = planes
    return laid.reshape(height * 3 // 2, stride)


@settings(max_examples=50, deadline=None)
@given(
    pixel_format=st.sampled_from(["YUV420", "NV12"]),
    half_width=st.integers(1, 60),
    half_height=st.integers(1, 40),
    half_padding=st.integers(0, 40),
    rubbish=st.integers(0, 255),
)
def test_padding_never_shows(
    pixel_format: YuvFormat, half_width: int, half_height: int, half_padding: int, rubbish: int
) -> None:
    picture = packed(2 * half_width, 2 * half_height)
    laid = padded(picture, pixel_format, 2 * (half_width + half_padding), rubbish)
    unpadded = pack(laid, pixel_format, 2 * half_width, 2 * half_height)
    assert np.array_equal(unpadded, picture)
    shown = to_bgr(laid, pixel_format, 2 * half_width, 2 * half_height)
    assert np.array_equal(shown, packed_to_bgr(picture, pixel_format))


def test_a_coloured_picture_keeps_its_colour() -> None:
    picture = np.full((180, 320, 3), GREEN_BGR, np.uint8)
    yuv = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    shown = to_bgr(padded(yuv, "YUV420", 384), "YUV420", 320, 180)
    assert shown.shape == (180, 320, 3)
    assert np.abs(shown.astype(int) - GREEN_BGR).max() <= 2


def test_a_picture_without_padding_is_converted_as_it_lies() -> None:
    picture = packed(64, 48)
    assert np.array_equal(to_bgr(picture, "YUV420", 64, 48), packed_to_bgr(picture, "YUV420"))


@pytest.mark.parametrize("pixel_format", ["YUV420", "NV12"])
def test_what_comes_out_owns_its_memory(pixel_format: YuvFormat) -> None:
    laid = padded(packed(64, 48), pixel_format, 128)
    unpadded = pack(laid, pixel_format, 64, 48)
    assert unpadded.flags.c_contiguous
    assert not np.shares_memory(unpadded, laid)
