"""The few best frames of a moment, spread over it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from device.shutter.pool import NEIGHBOUR_S, Pool
from device.shutter.ranking import Candidate

GRIN = ("huge", "open")


def candidate(look, frame, time_s, expected):
    return Candidate.of(look(frame, GRIN, expected=expected), time_s)


TIMES_AND_SCORES = st.lists(
    st.tuples(st.floats(0, 5), st.floats(0, 1)), min_size=1, max_size=40
).map(lambda pairs: [(time_s, score) for time_s, score in sorted(pairs)])


@given(TIMES_AND_SCORES, st.integers(1, 6), st.integers(1, 5))
def test_the_best_frame_is_always_chosen_first_and_the_others_are_no_neighbours(
    look, frames, limit, count
):
    pool = Pool(limit)
    added = [candidate(look, i, *frame) for i, frame in enumerate(frames)]
    for each in added:
        pool.add(each)
        assert len(pool) <= limit
    chosen = pool.choose(count)
    assert chosen[0].rank == max(each.rank for each in added)
    assert len(chosen) <= count
    times_s = sorted(each.time_s for each in chosen)
    assert all(b - a >= NEIGHBOUR_S for a, b in pairwise(times_s))


def test_of_equally_good_frames_the_earlier_one_stays(look):
    pool = Pool(1)
    pool.add_all(candidate(look, i, i / 10, 0.9) for i in range(20))
    assert pool.frames() == {0}


def test_frames_that_are_too_old_are_forgotten(look):
    pool = Pool(4)
    pool.add_all(candidate(look, i, float(i), 0.9) for i in range(4))
    pool.drop_before(2.0)
    assert pool.frames() == {2, 3}


def test_neighbours_on_both_sides_of_a_slice_s_edge_do_not_both_win(look):
    pool = Pool(4)
    pool.add_all([candidate(look, 0, 0.39, 0.99), candidate(look, 1, 0.41, 0.99)])
    pool.add(candidate(look, 2, 1.5, 0.86))
    assert [each.rating.frame for each in pool.choose(2)] == [0, 2]
