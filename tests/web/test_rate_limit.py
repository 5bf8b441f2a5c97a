"""How often an address may try."""

from hypothesis import given
from hypothesis import strategies as st

from device.web.rate_limit import MOST_ADDRESSES, RateLimit


class Clock:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


def test_a_burst_passes_then_one_per_interval():
    clock = Clock()
    limit = RateLimit(per_minute=6, burst=3, clock=clock)
    assert [limit.wait_s("a") for _ in range(3)] == [0, 0, 0]
    assert limit.wait_s("a") == 10
    clock.now_s += 10
    assert limit.wait_s("a") == 0
    assert limit.wait_s("a") > 0


def test_addresses_do_not_share_a_bucket():
    limit = RateLimit(per_minute=6, burst=1, clock=Clock())
    assert limit.wait_s("a") == 0
    assert limit.wait_s("b") == 0


def test_a_cost_beyond_the_bucket_takes_the_whole_bucket():
    limit = RateLimit(per_minute=60, burst=5, clock=Clock())
    assert limit.wait_s("a", cost=20) == 0
    assert limit.wait_s("a") > 0


def test_memory_is_bounded_however_many_addresses_come():
    limit = RateLimit(per_minute=6, burst=1, clock=Clock())
    for number in range(2 * MOST_ADDRESSES):
        limit.wait_s(str(number))
    assert len(limit._buckets) == MOST_ADDRESSES


@given(st.lists(st.floats(0, 30), max_size=60))
def test_never_more_than_burst_and_refill_allow(pauses):
    clock = Clock()
    limit = RateLimit(per_minute=12, burst=4, clock=clock)
    allowed = 0
    for pause in pauses:
        clock.now_s += pause
        allowed += limit.wait_s("a") == 0
    assert allowed <= 4 + sum(pauses) * 12 / 60 + 1e-6
