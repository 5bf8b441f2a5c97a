"""Viewers see the newest picture and never delay the one who shows it."""

import threading
import time
from datetime import UTC, datetime

import numpy as np

from device.daemon import live_feed
from device.daemon.live_feed import LiveFeed, ShotFeed
from device.messages.shot import ShotEvent
from device.vision.rating import rate

RATING = rate([], frame=7, time=datetime(2026, 1, 1, tzinfo=UTC))
IMAGE = np.zeros((4, 4, 3), np.uint8)


def shot(name):
    return ShotEvent(name, RATING.time, "score", f"{name}.jpg", 4, 4, 10, 1, RATING)


def test_a_viewer_gets_the_newest_picture_not_the_missed_ones():
    feed = LiveFeed()
    for _ in range(3):
        feed.publish(IMAGE, RATING, 0.8)
    picture = feed.wait(0, 0.1)
    assert picture.sequence == 3
    assert picture.image is IMAGE
    assert picture.threshold == 0.8
    assert feed.wait(3, 0.01) is None


def test_a_waiting_viewer_is_woken():
    feed = LiveFeed()
    threading.Timer(0.05, feed.publish, (IMAGE, RATING, 0.8)).start()
    assert feed.wait(0, 5.0).rating is RATING


def test_closing_wakes_everybody():
    feed, shots = LiveFeed(), ShotFeed()
    threading.Timer(0.05, feed.close).start()
    threading.Timer(0.05, shots.close).start()
    started = time.monotonic()
    assert feed.wait(0, 10.0) is None
    assert shots.wait(None, 10.0) is None
    assert time.monotonic() - started < 5


def test_the_history_is_thinned_and_bounded(monkeypatch):
    feed, now = LiveFeed(), [1000.0]
    monkeypatch.setattr(live_feed.time, "time", lambda: now[0])
    for _ in range(4000):
        feed.publish(IMAGE, RATING, 0.8)
        now[0] += 0.05
    points = feed.history()
    assert 500 <= len(points) <= 600
    assert points[-1][0] - points[0][0] <= 120


def test_a_clock_set_back_does_not_stop_the_history(monkeypatch):
    feed, now = LiveFeed(), [5000.0]
    monkeypatch.setattr(live_feed.time, "time", lambda: now[0])
    feed.publish(IMAGE, RATING, 0.8)
    now[0] = 1000.0
    feed.publish(IMAGE, RATING, 0.8)
    assert [point[0] for point in feed.history()][-1] == 1000.0


def test_viewers_are_counted():
    feed = LiveFeed()
    feed.attach()
    feed.attach()
    feed.detach()
    assert feed.viewers == 1


def test_a_shot_is_told_once_to_whoever_knows_the_one_before():
    feed = ShotFeed(shot("a"))
    assert feed.wait("a", 0.01) is None
    feed.publish(shot("b"))
    assert feed.wait("a", 0.01).id == "b"
    assert feed.last.id == "b"
