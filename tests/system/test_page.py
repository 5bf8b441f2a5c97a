"""The page of the whole daemon: viewers and uploads beside the live camera."""

import contextlib
import re
import statistics
import threading
import time
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from .daemon_process import DaemonProcess

PICTURES = Path(__file__).parents[1] / "pictures"
VIEWERS = 10
WINDOW_S = 6
FRAME_RATE = 5


@pytest.fixture
def daemon(tmp_path):
    """A daemon that replays photos at a rate any machine keeps up with, its page served."""
    with DaemonProcess(
        tmp_path,
        f"camera.source={PICTURES}",
        "camera.replay_loop=true",
        f"camera.frame_rate={FRAME_RATE}",
        "web.enabled=true",
        "web.port=0",
    ) as process:
        process.wait_for_log("The page is at")
        process.page = re.search(r"The page is at (\S+)", process.text())[1]
        yield process
        assert process.stop() == 0


@contextlib.contextmanager
def session(address):
    with httpx.Client(base_url=address, timeout=60) as client:
        client.headers["x-csrf-token"] = client.get("/api/session").json()["csrf_token"]
        yield client


def frames_per_second(client, seconds=WINDOW_S):
    before, started_s = client.get("/api/state").json()["frames"]["rated"], time.monotonic()
    time.sleep(seconds)
    after = client.get("/api/state").json()["frames"]["rated"]
    return (after - before) / (time.monotonic() - started_s)


class Crowd:
    """Ten viewers of the live page and one person who uploads, until they leave."""

    def __init__(self, address):
        self._address = address
        self._left = threading.Event()
        self.pictures = [0] * VIEWERS
        self.uploads = 0
        self._threads = [threading.Thread(target=self._view, args=(n,)) for n in range(VIEWERS)]
        self._threads.append(threading.Thread(target=self._upload))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._left.set()
        for thread in self._threads:
            thread.join()

    def _view(self, number):
        url = self._address.replace("http", "ws") + "/api/live"
        with connect(url, origin=self._address) as socket:
            while not self._left.is_set():
                with contextlib.suppress(TimeoutError):
                    if isinstance(socket.recv(timeout=1), bytes):
                        self.pictures[number] += 1
                        socket.send("next")

    def _upload(self):
        data = (PICTURES / "collins.jpg").read_bytes()
        with session(self._address) as client:
            while not self._left.wait(1):
                answer = client.post("/api/ratings", files={"files": ("collins.jpg", data)})
                assert answer.json()[0]["rating"]["faces"]
                self.uploads += 1


@pytest.mark.slow
def test_ten_viewers_and_an_upload_cost_less_than_a_tenth_of_the_frame_rate(
    daemon, record_testsuite_property
):
    with session(daemon.page) as client:
        daemon.wait_for(
            lambda: client.get("/api/state").json()["frames"]["rated"] > FRAME_RATE, "frames"
        )
        alone, watched = [], []
        for _ in range(3):
            alone.append(frames_per_second(client))
            with Crowd(daemon.page) as crowd:
                time.sleep(1)
                watched.append(frames_per_second(client))
            assert min(crowd.pictures) > 0
            assert crowd.uploads > 0
    resident = daemon.resident_megabytes()
    drop = 1 - statistics.median(watched) / statistics.median(alone)
    record_testsuite_property(
        "web under load", f"alone {alone}, watched {watched}, {resident:.0f} MB"
    )
    assert drop < 0.1, f"alone {alone}, watched {watched}"


def test_a_running_daemon_serves_its_page_and_ends_in_time(daemon):
    with session(daemon.page) as client:
        assert client.get("/").status_code == 200
        daemon.wait_for(lambda: client.get("/healthz").status_code == 200, "health")
        state = client.get("/api/state").json()
        assert state["models"]["smile"]["sha256"]
        assert client.post("/api/settings", json={"shutter.threshold": 0.99}).status_code == 200
        assert client.get("/api/state").json()["threshold"] == 0.99
        assert client.post("/api/shoot").json() == {"accepted": True}
        daemon.wait_for(lambda: client.get("/api/album").json()["count"] >= 1, "the photo")
        photo = client.get("/api/album").json()["photos"][0]
        assert photo["shot"]["cause"] == "request"
        assert client.get(f"/api/album/{photo['id']}/print").status_code == 200
