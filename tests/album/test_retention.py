"""Which photos the rules let go."""

from hypothesis import given
from hypothesis import strategies as st

from device.album.retention import CLOCK_RIGHT_FROM_S, DAY_S, StoredShot, expired
from device.config.album import AlbumSettings

NOW_S = CLOCK_RIGHT_FROM_S + 400 * DAY_S
UNSET_CLOCK_S = 1000.0


def shot(name: str, days_old: float = 0.0, size: int = 1_000_000) -> StoredShot:
    return StoredShot(name, size, NOW_S - days_old * DAY_S)


def let_go(shots, **settings):
    total = sum(each.bytes for each in shots)
    return expired(iter(shots), len(shots), total, AlbumSettings(**settings), NOW_S)


def test_without_a_rule_nothing_goes():
    assert let_go([shot(str(i), days_old=300) for i in range(50)]) == ()


def test_the_oldest_go_when_there_are_too_many():
    assert let_go([shot(str(i)) for i in range(5)], keep_photos=3) == ("0", "1")


def test_the_oldest_go_when_they_are_too_large():
    shots = [shot("0", size=3_000_000), shot("1", size=500_000), shot("2"), shot("3")]
    assert let_go(shots, keep_megabytes=3) == ("0",)
    assert let_go(shots, keep_megabytes=2) == ("0", "1")


def test_those_too_old_go():
    shots = [shot("a", days_old=9), shot("b", days_old=7.1), shot("c", days_old=6.9), shot("d")]
    assert let_go(shots, keep_days=7) == ("a", "b")


def test_the_newest_shot_always_stays():
    assert let_go([shot("only", days_old=99, size=9_000_000)], keep_days=1, keep_megabytes=1) == ()


def test_a_photo_taken_while_the_clock_ran_behind_is_as_young_as_those_before_it():
    """After a power cut a Pi continues with the time at which it was switched off."""
    shots = [shot("a", days_old=2), shot("behind", days_old=200), shot("c", days_old=1)]
    assert let_go(shots, keep_days=7) == ()


def test_photos_taken_before_the_clock_was_ever_set_wait_for_a_dated_one():
    unset = [StoredShot("first", 1, UNSET_CLOCK_S), StoredShot("second", 1, UNSET_CLOCK_S)]
    assert let_go([*unset, shot("c", days_old=1), shot("d")], keep_days=7) == ()
    gone = let_go([*unset, shot("c", days_old=8), shot("d")], keep_days=7)
    assert gone == ("first", "second", "c")


def test_undated_photos_never_take_the_newest_with_them():
    unset = [StoredShot(name, 1, UNSET_CLOCK_S) for name in "abc"]
    assert let_go([*unset, shot("d", days_old=30)], keep_days=7) == ()


def test_a_photo_from_the_future_says_nothing_about_later_ones():
    shots = [shot("a", days_old=-3000), shot("b", days_old=9), shot("c")]
    assert let_go(shots, keep_days=7) == ("a", "b")


@given(
    st.lists(st.tuples(st.floats(-50, 500), st.integers(1, 5_000_000)), max_size=30),
    st.integers(0, 10),
    st.integers(0, 20),
    st.floats(0, 100),
)
def test_what_goes_is_a_run_of_the_oldest_and_what_stays_obeys_the_rules(
    photos, keep_photos, keep_megabytes, keep_days
):
    shots = [shot(str(i), days, size) for i, (days, size) in enumerate(photos)]
    rules = {
        "keep_photos": keep_photos,
        "keep_megabytes": keep_megabytes,
        "keep_days": keep_days,
    }
    gone = let_go(shots, **rules)
    assert gone == tuple(str(i) for i in range(len(gone)))
    stay = shots[len(gone) :]
    assert stay or not shots
    if len(stay) > 1:
        assert not keep_photos or len(stay) <= keep_photos
        assert not keep_megabytes or sum(s.bytes for s in stay) <= keep_megabytes * 1_000_000
