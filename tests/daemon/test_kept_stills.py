"""Buffers are scarce: what is not wanted goes back at once."""

from device.daemon.kept_stills import KeptStills

from .frames import frame


def test_only_the_wanted_are_kept():
    kept, frames = KeptStills(), [frame(i) for i in range(4)]
    for each in frames:
        kept.add(each)
    kept.keep_only({1, 3})
    assert [f.still.released for f in frames] == [1, 0, 1, 0]
    assert len(kept) == 2


def test_what_is_taken_belongs_to_the_taker():
    kept, one = KeptStills(), frame(1)
    kept.add(one)
    assert kept.take(1) is one.still
    kept.release_all()
    assert one.still.released == 0
    assert kept.take(1) is None
