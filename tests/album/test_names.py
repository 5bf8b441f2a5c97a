"""Names of photos."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from device.album.names import is_photo, is_temporary, number_of, photo_name, runner_up_name
from device.album.names import temporary_name as hidden

TIME = datetime(2026, 11, 22, 20, 15, 0, 123456, tzinfo=UTC)
NAME = "0000042_2026-11-22T20-15-00.123Z_9.8_1a2b3c4d.jpg"


def test_a_name_tells_number_time_score_and_the_beginning_of_the_id():
    assert photo_name(42, TIME, 9.8, "1a2b3c4d-5e6f-7081") == NAME


def test_an_id_with_odd_characters_still_makes_a_plain_name():
    assert photo_name(42, TIME, 9.8, "../ä b") == "0000042_2026-11-22T20-15-00.123Z_9.8_b.jpg"
    assert photo_name(42, TIME, 9.8, "…").endswith("_shot.jpg")


@given(
    st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=20),
    st.integers(1, 9_000_000),
)
def test_names_sort_by_the_order_of_shooting_wherever_the_clock_jumps(times, first):
    names = [photo_name(first + i, time, 5.0, "same") for i, time in enumerate(times)]
    assert sorted(names) == names
    assert len(set(names)) == len(names)


def test_runners_up_sort_beside_their_winner():
    after = photo_name(43, TIME, 9.8, "x")
    names = [runner_up_name(NAME, 2), runner_up_name(NAME, 3), NAME, after]
    assert sorted(names) == names


def test_the_number_is_read_back_and_is_zero_in_a_name_given_by_hand():
    assert number_of(NAME) == 42
    assert number_of(runner_up_name(NAME, 2)) == 42
    assert number_of("wedding.jpg") == 0
    assert number_of("2026_wedding.jpg") == 0


def test_half_written_files_are_told_from_photos():
    assert is_temporary(hidden(NAME))
    assert not is_photo(hidden(NAME))
    assert is_photo(NAME)
    assert is_photo("WEDDING.JPEG")
    assert not is_photo("notes.txt")
