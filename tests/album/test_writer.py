"""The album's own thread: order, bounds, and that every camera buffer is given back."""

import threading
import time

import numpy as np
import pytest

from device.album.writer import AlbumWriter, PendingShot
from device.camera.frame import CameraError


class HeldStill:
    """A camera's picture that counts how it is treated; reading may fail or wait."""

    def __init__(self, picture, *, error=None, wait_for=None):
        self.picture, self.error, self.wait_for = picture, error, wait_for
        self.reading = threading.Event()
        self.released = 0

    def read(self):
        self.reading.set()
        if self.wait_for:
            self.wait_for.wait(10)
        if self.error:
            raise self.error
        assert not self.released, "read after release"
        return self.picture

    def release(self):
        self.released += 1


class Heard:
    """What the callbacks were told."""

    def __init__(self):
        self.saved, self.failed = [], []


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def make_writer(open_album, heard):
    made = []

    def make(*, start=True, album=None, **options):
        writer = AlbumWriter(
            album or open_album(),
            on_saved=options.pop("on_saved", heard.saved.append),
            on_failed=heard.failed.append,
            **options,
        )
        made.append(writer)
        if start:
            writer.start()
        return writer

    yield make
    for writer in made:
        writer.close(drain=False)


@pytest.fixture
def pending(picture, rated):
    def shot(shot_id, still=None, runners_up=()):
        return PendingShot(
            id=shot_id,
            cause="score",
            still=still or HeldStill(picture()),
            rating=rated(7),
            candidates=3,
            runners_up=tuple((each, rated(8)) for each in runners_up),
        )

    return shot


def test_shots_are_saved_in_order_and_their_stills_given_back(make_writer, heard, pending):
    writer = make_writer()
    shots = [pending(f"s{i}") for i in range(4)]
    assert all(writer.submit(shot) for shot in shots)
    writer.close()
    assert [shot.id for shot in heard.saved] == ["s0", "s1", "s2", "s3"]
    assert heard.failed == []
    assert all(shot.still.released for shot in shots)


def test_runners_up_are_saved_and_given_back_too(make_writer, heard, pending, picture):
    writer = make_writer()
    beside = [HeldStill(picture(seed=2)), HeldStill(picture(seed=3))]
    writer.submit(pending("a", runners_up=beside))
    writer.close()
    assert len(heard.saved[0].runners_up) == 2
    assert all(still.released for still in beside)


def test_a_winner_that_cannot_be_read_fails_and_the_next_shot_is_saved(
    make_writer, heard, pending, picture
):
    writer = make_writer()
    beside = HeldStill(picture())
    lost = pending("a", HeldStill(None, error=CameraError("the camera is gone")), [beside])
    writer.submit(lost)
    writer.submit(pending("b"))
    writer.close()
    assert heard.failed == ["the shot of frame 7 is lost: the camera is gone"]
    assert [shot.id for shot in heard.saved] == ["b"]
    assert lost.still.released
    assert beside.released


def test_a_runner_up_that_cannot_be_read_is_left_out(make_writer, heard, pending, picture):
    writer = make_writer()
    broken = HeldStill(None, error=CameraError("too late"))
    writer.submit(pending("a", runners_up=[broken, HeldStill(picture())]))
    writer.close()
    assert len(heard.saved[0].runners_up) == 1
    assert broken.released


def test_what_nobody_foresaw_costs_one_shot_not_the_thread(make_writer, heard, pending):
    writer = make_writer()
    writer.submit(pending("a", HeldStill(np.zeros((4, 4), np.uint8))))
    writer.submit(pending("b", HeldStill(None, error=RuntimeError("libcamera"))))
    writer.submit(pending("c"))
    writer.close()
    assert len(heard.failed) == 2
    assert "libcamera" in heard.failed[1]
    assert [shot.id for shot in heard.saved] == ["c"]


def test_a_full_queue_refuses_the_new_shot_says_so_and_gives_its_stills_back(
    make_writer, heard, pending, picture
):
    gate = threading.Event()
    writer = make_writer(waiting_limit=2)
    first = pending("s0", HeldStill(picture(), wait_for=gate))
    assert writer.submit(first)
    assert first.still.reading.wait(5)
    assert writer.submit(pending("s1"))
    assert writer.submit(pending("s2"))
    refused = pending("s3", runners_up=[HeldStill(picture())])
    assert not writer.submit(refused)
    assert refused.still.released
    assert refused.runners_up[0][0].released
    (sentence,) = heard.failed
    assert sentence.startswith("the shot of frame 7 is lost: 2 shots are waiting already")
    gate.set()
    writer.close()
    assert [shot.id for shot in heard.saved] == ["s0", "s1", "s2"]


def test_closing_without_drain_gives_up_what_waits(make_writer, heard, pending, picture):
    gate = threading.Event()
    writer = make_writer()
    first = pending("s0", HeldStill(picture(), wait_for=gate))
    waiting = pending("s1")
    writer.submit(first)
    assert first.still.reading.wait(5)
    writer.submit(waiting)
    threading.Timer(0.2, gate.set).start()
    writer.close(drain=False)
    assert [shot.id for shot in heard.saved] == ["s0"]
    assert heard.failed == [
        "the shot of frame 7 is lost: the service stopped before it could be written"
    ]
    assert waiting.still.released


def test_closing_waits_no_longer_than_it_may(make_writer, heard, pending, picture):
    gate = threading.Event()
    writer = make_writer()
    stuck, waiting = pending("s0", HeldStill(picture(), wait_for=gate)), pending("s1")
    writer.submit(stuck)
    writer.submit(waiting)
    started_s = time.monotonic()
    writer.close(timeout_s=0.3)
    assert time.monotonic() - started_s < 2
    assert waiting.still.released
    assert len(heard.failed) == 1
    gate.set()


def test_a_writer_that_was_never_started_gives_its_stills_back(make_writer, heard, pending):
    writer = make_writer(start=False)
    shot = pending("a")
    assert writer.submit(shot)
    writer.close()
    assert shot.still.released
    assert len(heard.failed) == 1


def test_a_closed_writer_takes_nothing(make_writer, heard, pending):
    writer = make_writer()
    writer.close()
    writer.close()
    shot = pending("a")
    assert not writer.submit(shot)
    assert shot.still.released
    assert heard.failed == ["the shot of frame 7 is lost: the album is closed"]


def test_a_shot_that_could_not_be_announced_stays_unannounced(make_writer, open_album, pending):
    def fail(_):
        raise OSError("the outbox is gone")

    album = open_album()
    writer = make_writer(album=album, on_saved=fail)
    writer.submit(pending("a"))
    writer.submit(pending("b"))
    writer.close()
    assert [shot.id for shot in album.unannounced()] == ["a", "b"]


def test_old_shots_go_as_new_ones_come(make_writer, open_album, pending):
    album = open_album(keep_photos=2)
    writer = make_writer(album=album, waiting_limit=9)
    for i in range(5):
        writer.submit(pending(f"s{i}"))
    writer.close()
    assert [entry.id for entry in album.entries()] == ["s4", "s3"]


def test_a_full_disk_is_told_as_a_failed_shot(make_writer, open_album, heard, pending):
    album = open_album(min_free_megabytes=10**9)
    writer = make_writer(album=album)
    shot = pending("a")
    writer.submit(shot)
    writer.close()
    assert "must stay free" in heard.failed[0]
    assert shot.still.released
