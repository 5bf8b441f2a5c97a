"""Boxes keep their meaning between a frame, its pixels and a network's input."""

from hypothesis import given
from hypothesis import strategies as st

from device.vision.geometry import Box, Letterbox

fractions = st.floats(-0.5, 1.5, allow_nan=False)
extents = st.floats(0, 1.5, allow_nan=False)
boxes = st.builds(Box, fractions, fractions, extents, extents)
sides = st.integers(1, 5000)


@given(boxes)
def test_a_clamped_box_lies_inside_the_frame(box):
    clamped = box.clamp()
    assert 0 <= clamped.x <= clamped.x1 <= 1 + 1e-12
    assert 0 <= clamped.y <= clamped.y1 <= 1 + 1e-12


@given(boxes, boxes)
def test_overlap_is_symmetric_and_between_nothing_and_all(one, other):
    assert one.iou(other) == other.iou(one)
    assert 0 <= one.iou(other) <= 1 + 1e-9


def test_a_box_overlaps_itself_wholly_and_a_stranger_not_at_all():
    box = Box(0.1, 0.2, 0.3, 0.4)
    assert box.iou(box) == 1
    assert box.iou(Box(0.6, 0.7, 0.1, 0.1)) == 0


def test_overlap_of_two_half_shared_boxes_is_a_third():
    assert abs(Box(0, 0, 0.2, 0.2).iou(Box(0.1, 0, 0.2, 0.2)) - 1 / 3) < 1e-12


def test_covering_counts_from_the_covered_box():
    small, large = Box(0.2, 0.2, 0.1, 0.1), Box(0, 0, 0.5, 0.5)
    assert abs(small.covered_by(large) - 1) < 1e-12
    assert abs(large.covered_by(small) - 0.04) < 1e-12


def test_pixels_are_the_corners_of_the_box_not_its_size():
    assert Box(0.5, 0.25, 0.25, 0.5).to_pixels(640, 480) == (320, 120, 480, 360)


@given(boxes, sides, sides)
def test_pixels_always_cut_at_least_one_pixel_out_of_the_picture(box, width_px, height_px):
    x0, y0, x1, y1 = box.to_pixels(width_px, height_px)
    assert 0 <= x0 < x1 <= width_px
    assert 0 <= y0 < y1 <= height_px


def test_expanding_keeps_the_centre():
    grown = Box(0.4, 0.4, 0.2, 0.1).expand(2)
    assert [round(v, 12) for v in (grown.x, grown.y, grown.width, grown.height)] == [
        0.3,
        0.35,
        0.4,
        0.2,
    ]


@given(sides, sides, st.integers(96, 1280))
def test_a_letterbox_keeps_the_long_side_and_the_proportions(width_px, height_px, long_side_px):
    layout = Letterbox.fit(width_px, height_px, long_side_px)
    content = layout.content_width_px, layout.content_height_px
    assert max(content) == long_side_px
    assert min(content) >= 1
    scale = long_side_px / max(width_px, height_px)
    assert abs(layout.content_height_px - max(1, height_px * scale)) <= 0.5
    assert abs(layout.content_width_px - max(1, width_px * scale)) <= 0.5


@given(sides, sides)
def test_the_whole_content_is_the_whole_frame(width_px, height_px):
    layout = Letterbox.fit(width_px, height_px, 300)
    frame = layout.to_frame(0, 0, layout.content_width_px, layout.content_height_px)
    assert frame == Box(0, 0, 1, 1)
