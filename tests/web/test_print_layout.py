"""Prints: as large as possible, and no face is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.vision.geometry import Box
from device.web.print_layout import LONG_SIDE_PX, SHORT_SIDE_PX, lay_out

sides = st.integers(64, 6000)


@st.composite
def boxes(draw):
    x, y = draw(st.floats(0, 0.95)), draw(st.floats(0, 0.95))
    return Box(x, y, draw(st.floats(0.01, 1 - x)), draw(st.floats(0.01, 1 - y)))


@given(sides, sides, st.lists(boxes(), max_size=6))
def test_no_face_is_cut(width_px, height_px, faces):
    layout = lay_out(width_px, height_px, faces)
    for face in faces:
        assert layout.left_px <= face.x * width_px + 1
        assert layout.top_px <= face.y * height_px + 1
        assert layout.left_px + layout.crop_width_px >= face.x1 * width_px - 1
        assert layout.top_px + layout.crop_height_px >= face.y1 * height_px - 1


@given(sides, sides, st.lists(boxes(), max_size=6))
def test_the_part_lies_in_the_photo_and_keeps_its_proportions(width_px, height_px, faces):
    layout = lay_out(width_px, height_px, faces)
    assert 0 <= layout.left_px <= width_px - layout.crop_width_px
    assert 0 <= layout.top_px <= height_px - layout.crop_height_px
    across = layout.width_px / layout.crop_width_px
    down = layout.height_px / layout.crop_height_px
    assert across == pytest.approx(down, rel=0.02)
    assert sorted((layout.paper_width_px, layout.paper_height_px)) == [SHORT_SIDE_PX, LONG_SIDE_PX]
    assert layout.width_px <= layout.paper_width_px
    assert layout.height_px <= layout.paper_height_px


def test_a_3_to_2_photo_is_printed_whole():
    layout = lay_out(3000, 2000, [])
    assert (layout.crop_width_px, layout.crop_height_px) == (3000, 1999)
    assert (layout.width_px, layout.height_px) == (1772, 1181)


def test_a_face_at_the_edge_pulls_the_part_to_it():
    assert lay_out(4000, 2000, [Box(0.02, 0.3, 0.1, 0.3)]).left_px == 0
    assert lay_out(4000, 2000, [Box(0.88, 0.3, 0.1, 0.3)]).left_px == 4000 - 3001


def test_one_face_in_a_square_photo_gets_room_above_it():
    layout = lay_out(1000, 1000, [Box(0.4, 0.1, 0.2, 0.2)])
    assert layout.top_px == 0


def test_faces_too_far_apart_get_white_margins_instead_of_being_cut():
    layout = lay_out(4000, 1000, [Box(0.0, 0.3, 0.05, 0.2), Box(0.95, 0.3, 0.05, 0.2)])
    assert (layout.crop_width_px, layout.crop_height_px) == (4000, 1000)
    assert (layout.width_px, layout.height_px) == (1772, 443)


def test_the_paper_is_turned_where_only_so_the_faces_fit():
    # A nearly square photo, lying, with faces from top to bottom.
    layout = lay_out(1050, 1000, [Box(0.4, 0.02, 0.1, 0.1), Box(0.45, 0.85, 0.1, 0.13)])
    assert (layout.paper_width_px, layout.paper_height_px) == (SHORT_SIDE_PX, LONG_SIDE_PX)
