"""The live picture: no viewer, no work; slow viewers delay nobody."""

import contextlib
import itertools
import json
import struct
import threading
import time

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from device.web.live_picture import encode_picture

from .appliance import drawn_picture, face, rating


@pytest.fixture
def camera(appliance):
    """Publishes a new picture thirty times a second until the test ends."""
    ended = threading.Event()
    published = []

    def publish():
        number = 0
        while not ended.wait(1 / 30):
            number += 1
            appliance.live.publish(drawn_picture(seed=number), rating(face(), frame=number), 0.85)
            published.append(number)

    thread = threading.Thread(target=publish)
    thread.start()
    yield published
    ended.set()
    thread.join()


@pytest.fixture
def watch(appliance):
    def open_(path="/api/live"):
        return connect(
            appliance.server.address.replace("http", "ws") + path, origin=appliance.server.address
        )

    return open_


def pictures(socket):
    """The headers and pictures that come, each asked for after the last."""
    while True:
        message = socket.recv(timeout=10)
        if isinstance(message, bytes):
            (length,) = struct.unpack(">I", message[:4])
            yield json.loads(message[4 : 4 + length]), message[4 + length :]
            socket.send("next")


def news(socket, kind):
    """The next text message of that kind."""
    while True:
        message = socket.recv(timeout=10)
        if isinstance(message, str) and json.loads(message)["type"] == kind:
            return json.loads(message)


def test_a_viewer_gets_pictures_with_their_ratings(watch, camera):
    with watch() as socket:
        header, jpeg = next(pictures(socket))
    assert header["rating"]["score"] == 1.0
    assert header["threshold"] == 0.85
    assert len(header["rating"]["faces"]) == 1
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (480, 640, 3)


def test_pictures_are_no_wider_than_configured(make_appliance):
    appliance = make_appliance(live_width_px=320)
    appliance.live.publish(drawn_picture(), rating(face()), 0.85)
    address = appliance.server.address
    with connect(f"{address.replace('http', 'ws')}/api/live", origin=address) as socket:
        _, jpeg = next(pictures(socket))
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (240, 320, 3)


def test_pictures_come_newest_first_and_never_twice(watch, camera):
    with watch() as socket:
        stream = pictures(socket)
        numbers = [next(stream)[0]["sequence"] for _ in range(8)]
    assert numbers == sorted(set(numbers))


def test_who_asks_for_nothing_gets_no_more_than_is_under_way(watch, camera):
    received = 0
    with watch() as socket:
        deadline_s = time.monotonic() + 2
        while (left_s := deadline_s - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                received += isinstance(socket.recv(timeout=left_s), bytes)
    assert len(camera) > 10
    assert received == 2


def test_a_viewer_who_stands_still_delays_no_other(appliance, watch, camera):
    with watch() as idle, watch() as lively:
        idle.recv(timeout=10)
        stream = pictures(lively)
        next(stream)
        started_s = time.monotonic()
        for _ in range(15):
            next(stream)
        assert time.monotonic() - started_s < 15 / appliance.settings.live_frame_rate * 2


def test_without_viewers_nothing_is_encoded(appliance, watch, camera, monkeypatch):
    encoded = []
    real = encode_picture
    monkeypatch.setattr(
        "device.web.live_hub.encode_picture", lambda *given: encoded.append(1) or real(*given)
    )
    with watch("/api/events") as socket:
        news(socket, "status")
        assert encoded == []
    with watch() as socket:
        next(pictures(socket))
    time.sleep(0.5)
    before = len(encoded)
    assert before >= 1
    time.sleep(0.7)
    assert len(encoded) == before


def test_one_encoding_serves_all_viewers(appliance, watch, camera, monkeypatch):
    encoded = []
    real = encode_picture
    monkeypatch.setattr(
        "device.web.live_hub.encode_picture", lambda *given: encoded.append(1) or real(*given)
    )
    shown = []

    def view():
        with watch() as socket:
            stream = pictures(socket)
            for _ in range(10):
                next(stream)
                shown.append(1)

    viewers = [threading.Thread(target=view) for _ in range(5)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join()
    assert len(shown) == 50
    assert len(encoded) < 30


def test_viewers_are_counted_in_and_out(appliance, watch, camera):
    with watch() as socket:
        next(pictures(socket))
        assert appliance.live.viewers == 1
    deadline_s = time.monotonic() + 3
    while appliance.live.viewers and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert appliance.live.viewers == 0


def test_viewers_beyond_the_limit_are_told_so(make_appliance):
    appliance = make_appliance(max_viewers=1)
    address = appliance.server.address
    url = f"{address.replace('http', 'ws')}/api/live"
    appliance.live.publish(drawn_picture(), rating(), 0.85)
    with connect(url, origin=address) as first, connect(url, origin=address) as second:
        first.recv(timeout=10)
        with pytest.raises(ConnectionClosedError, match="too many viewers"):
            second.recv(timeout=10)


def test_a_shot_is_told_to_viewers_and_to_the_album(appliance, watch, camera):
    with watch() as viewer, watch("/api/events") as album:
        news(viewer, "status")
        news(album, "status")
        time.sleep(0.2)
        appliance.shoot("fresh")
        assert news(viewer, "shot")["shot"]["id"] == "fresh"
        assert news(album, "shot")["shot"]["id"] == "fresh"


def test_a_shot_of_before_is_no_news(appliance, watch):
    appliance.shoot("old")
    with watch("/api/events") as socket:
        news(socket, "status")
        time.sleep(0.3)
        appliance.shoot("new")
        assert news(socket, "shot")["shot"]["id"] == "new"


def test_the_status_says_why_there_is_no_picture(appliance, watch):
    appliance.online = False
    with watch() as socket:
        status = news(socket, "status")
    assert status["online"] is False
    assert status["reason"] == "no frame came for 5 seconds"


def test_the_history_feeds_the_strip_chart(appliance, owner):
    appliance.live.publish(drawn_picture(), rating(face()), 0.85)
    points = owner.get("/api/live/history").json()
    assert [point["score"] for point in points] == [1.0]


def test_an_oversized_message_from_a_viewer_ends_its_connection(watch, camera):
    with watch() as socket:
        socket.send("x" * 100_000)
        messages = iter(lambda: socket.recv(timeout=5), None)
        with pytest.raises(ConnectionClosedError):
            list(itertools.islice(messages, 50))
