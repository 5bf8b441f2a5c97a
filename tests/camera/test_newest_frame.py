"""The slot between a capturing thread and its reader."""

import threading
import time

import pytest

from device.camera.frame import CameraError
from device.camera.newest_frame import NewestFrame


def test_a_newer_item_replaces_the_waiting_one_which_is_counted_and_discarded():
    discarded = []
    slot = NewestFrame(discarded.append)
    for item in (1, 2, 3):
        slot.put(item)
    assert slot.take(0) == 3
    assert discarded == [1, 2]
    assert slot.dropped == 2


def test_an_item_is_taken_once_and_never_discarded():
    discarded = []
    slot = NewestFrame(discarded.append)
    slot.put(1)
    assert slot.take(0) == 1
    assert slot.take(0) is None
    slot.put(2)
    assert discarded == []


def test_take_waits_no_longer_than_it_is_told():
    started_s = time.monotonic()
    assert NewestFrame().take(0.05) is None
    assert 0.04 < time.monotonic() - started_s < 1


def test_take_wakes_when_an_item_comes():
    slot = NewestFrame()
    threading.Timer(0.05, slot.put, ["item"]).start()
    assert slot.take(5) == "item"


def test_an_error_comes_after_the_last_item_and_stays():
    slot = NewestFrame()
    slot.put("last")
    slot.fail(CameraError("broken"))
    assert slot.take(0) == "last"
    for _ in range(2):
        with pytest.raises(CameraError, match="broken"):
            slot.take(5)


def test_closing_discards_what_waits_and_what_comes():
    discarded = []
    slot = NewestFrame(discarded.append)
    slot.put(1)
    slot.close()
    slot.put(2)
    assert discarded == [1, 2]
    assert slot.take(5) is None
    assert slot.dropped == 0


def test_every_item_of_a_fast_writer_is_either_taken_or_discarded():
    discarded = []
    taken = []
    slot = NewestFrame(discarded.append)

    def write():
        for number in range(5000):
            slot.put(number)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        item = slot.take(0.01)
        if item is not None:
            taken.append(item)
    slot.close()
    assert taken == sorted(taken)
    assert sorted(taken + discarded) == list(range(5000))
