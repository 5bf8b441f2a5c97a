"""The picture that is rated: never stretched, never enlarged, always upright."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.camera.analysis_picture import AnalysisPicture
from device.camera.orientation import Orientation


def picture_of(width_px, height_px):
    return np.zeros((height_px, width_px, 3), np.uint8)


@pytest.mark.parametrize(
    ("sensor", "rotation", "expected"),
    [
        ((1920, 1080), 0, (640, 360)),
        ((4056, 3040), 0, (640, 480)),
        ((1080, 1920), 0, (270, 480)),
        ((1920, 1080), 90, (270, 480)),
        ((320, 240), 0, (320, 240)),
        ((640, 480), 180, (640, 480)),
        ((5000, 1), 0, (640, 1)),
    ],
)
def test_it_fits_the_analysis_size_when_upright(sensor, rotation, expected):
    analysis = AnalysisPicture(640, 480, Orientation(rotation))
    assert analysis.make(picture_of(*sensor)).shape[1::-1] == expected


@given(
    width_px=st.integers(1, 3000),
    height_px=st.integers(1, 3000),
    rotation=st.sampled_from([0, 90, 180, 270]),
)
def test_the_aspect_ratio_is_kept_to_the_pixel_and_nothing_is_enlarged(
    width_px, height_px, rotation
):
    analysis = AnalysisPicture(640, 480, Orientation(rotation))
    small_width_px, small_height_px = analysis.sensor_size(width_px, height_px)
    assert small_width_px <= width_px
    assert small_height_px <= height_px
    upright = Orientation(rotation).size(small_width_px, small_height_px)
    assert upright[0] <= 640
    assert upright[1] <= 480
    # Each side is off by half a pixel of rounding at most, or is the one pixel that must remain.
    if min(small_width_px, small_height_px) > 1:
        off = abs(small_width_px * height_px - small_height_px * width_px)
        assert off <= 0.5 * (width_px + height_px)
    assert (
        (small_width_px, small_height_px) == (width_px, height_px)
        or upright[0] == 640
        or upright[1] == 480
    )


def test_a_picture_that_fits_is_not_copied():
    picture = picture_of(640, 480)
    assert AnalysisPicture(640, 480, Orientation()).make(picture) is picture


@pytest.mark.parametrize("size", [(1920, 1080), (1440, 1080), (2592, 1944), (960, 540)])
def test_fine_patterns_become_gray_instead_of_moire(size):
    width_px, height_px = size
    checks = (np.indices((height_px, width_px)).sum(axis=0) % 2 * 255).astype(np.uint8)
    small = AnalysisPicture(640, 480, Orientation()).make(checks[:, :, None].repeat(3, axis=2))
    # 1.5 is the worst factor for interpolation: a sampling picture would have all of 0 to 255.
    assert small.std() < 64
    assert abs(float(small.mean()) - 127.5) < 3


def test_shrinking_keeps_everything_in_its_place():
    picture = picture_of(2592, 1944)
    picture[486:972, 648:1296] = 255
    small = AnalysisPicture(640, 480, Orientation()).make(picture)
    rows, columns = np.nonzero(small[:, :, 0] > 127)
    assert [columns.min(), columns.max() + 1] == pytest.approx([160, 320], abs=1)
    assert [rows.min(), rows.max() + 1] == pytest.approx([120, 240], abs=1)
