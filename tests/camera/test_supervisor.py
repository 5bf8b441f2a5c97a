"""The supervised camera: whatever happens to the camera, its reader gets frames or the truth."""

import itertools
import logging
import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from device.camera.frame import (
    CameraEndedError,
    CameraError,
    CameraInfo,
    CameraStalledError,
    Frame,
)
from device.camera.held_still import HeldStill
from device.camera.opencv_camera import OpenCvCamera
from device.camera.replay import ReplayCamera
from device.camera.supervisor import CameraLostError, CameraStoppedError, SupervisedCamera
from device.config.camera import CameraSettings

IMAGE = np.zeros((4, 4, 3), np.uint8)


class ScriptedCamera:
    """A camera that does what its script says: faults as no real camera has them on demand.

    The script is a list of frames to give (`"frame"`), errors to raise and functions to call;
    after it, frames without end.
    """

    def __init__(self, script=(), *, open_error=None, on_open=None, on_close=None, start_s=0.0):
        self.script = list(script)
        self.open_error = open_error
        self.on_open = on_open or (lambda: None)
        self.on_close = on_close or (lambda: None)
        self.threads = set()
        self.closed = 0
        self.dropped = 0
        self.index = -1
        self.start_s = start_s

    def open(self):
        self.threads.add(threading.get_ident())
        self.on_open()
        if self.open_error is not None:
            raise self.open_error
        return CameraInfo("scripted", "script", 4, 4)

    def read(self, timeout_s):
        self.threads.add(threading.get_ident())
        step = self.script.pop(0) if self.script else "frame"
        if isinstance(step, Exception):
            raise step
        if callable(step):
            step()
        self.index += 1
        self.dropped += 1
        time_s = self.start_s + self.index * 0.1
        return Frame(self.index, IMAGE, datetime.now(UTC), time_s, HeldStill(lambda: IMAGE))

    def close(self):
        self.threads.add(threading.get_ident())
        self.closed += 1
        self.on_close()


def read_for_ever(camera):
    while True:
        camera.read(0.5)


class Supervision:
    """A supervised camera over scripted ones, with what it reported."""

    def __init__(self, settings: CameraSettings, *cameras: ScriptedCamera, **options):
        self.cameras = list(cameras)
        self.made: list[ScriptedCamera] = []
        self.changes: list[tuple[bool, str | None]] = []
        self.camera = SupervisedCamera(
            self._make, settings, lambda *change: self.changes.append(change), **options
        )

    def _make(self):
        camera = self.cameras.pop(0) if len(self.cameras) > 1 else self.cameras[0]
        self.made.append(camera)
        return camera


@pytest.fixture
def supervise(settings):
    made = []

    def make(*cameras, attempts=3, backoff_s=0.01, **options):
        chosen = settings(
            reopen_attempts=attempts, reopen_backoff_s=backoff_s, reopen_backoff_max_s=backoff_s * 4
        )
        made.append(Supervision(chosen, *cameras, **options))
        return made[-1]

    yield make
    for supervision in made:
        supervision.camera.close()


def test_frames_pass_through_and_the_camera_counts_as_connected_from_the_first(supervise):
    s = supervise(ScriptedCamera())
    assert s.camera.open().family == "scripted"
    assert s.changes == []
    assert [s.camera.read(1).index for _ in range(3)] == [0, 1, 2]
    assert s.changes == [(True, None)]


def test_a_stall_closes_and_reopens_and_index_and_time_go_on_upwards(supervise):
    first = ScriptedCamera(["frame", "frame", CameraStalledError("no frame within 1 s")])
    s = supervise(first, ScriptedCamera())
    frames = [s.camera.read(1) for _ in range(5)]
    assert first.closed == 1
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    times = [frame.time_s for frame in frames]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert s.changes == [(True, None), (False, "no frame within 1 s"), (True, None)]


def test_a_clock_that_went_on_by_itself_is_left_alone(supervise):
    s = supervise(
        ScriptedCamera(["frame", CameraError("unplugged")], start_s=100.0),
        ScriptedCamera(start_s=200.0),
    )
    assert [s.camera.read(1).time_s for _ in range(3)] == [100.0, 200.0, pytest.approx(200.1)]


def test_dropped_frames_add_up_over_reopenings(supervise):
    s = supervise(ScriptedCamera(["frame", "frame", CameraError("gone")]), ScriptedCamera())
    for _ in range(3):
        s.camera.read(1)
    assert s.camera.dropped == 3


def test_the_camera_is_lost_after_the_first_failure_and_as_many_failed_reopenings(supervise):
    s = supervise(ScriptedCamera(open_error=CameraError("nobody home")), attempts=3)
    with pytest.raises(CameraLostError, match="after 3 attempts: nobody home"):
        s.camera.open()
    assert len(s.made) == 4
    assert s.changes == [(False, "nobody home")]


def test_a_camera_that_opens_but_never_gives_a_frame_has_not_recovered(supervise):
    cameras = [ScriptedCamera([CameraStalledError("silent")]) for _ in range(9)]
    s = supervise(*cameras, attempts=2)
    with pytest.raises(CameraLostError, match="silent"):
        s.camera.read(1)
    assert len(s.made) == 3
    assert all(camera.closed == 1 for camera in s.made)


def test_a_frame_starts_the_count_of_failures_afresh(supervise):
    flaky = [ScriptedCamera(["frame", CameraError("flaky")]) for _ in range(10)]
    s = supervise(*flaky, attempts=1)
    assert [s.camera.read(1).index for _ in range(10)] == list(range(10))


def test_pauses_double_up_to_their_limit(supervise):
    moments = []
    camera = ScriptedCamera(
        open_error=CameraError("no"), on_open=lambda: moments.append(time.monotonic())
    )
    s = supervise(camera, attempts=4, backoff_s=0.04)
    with pytest.raises(CameraLostError):
        s.camera.open()
    pauses = np.diff(moments)
    assert (pauses >= np.array([0.04, 0.08, 0.16, 0.16]) * 0.99).all()
    assert pauses[3] < 0.32  # it would have been at least that without the limit


def test_a_factory_that_fails_is_a_failed_attempt(settings):
    def factory():
        raise CameraError("no driver")

    camera = SupervisedCamera(factory, settings(reopen_attempts=1, reopen_backoff_s=0.01))
    with pytest.raises(CameraLostError, match="no driver"):
        camera.open()
    camera.close()


def test_restart_reopens_before_the_next_frame_and_counts_no_failure(supervise):
    s = supervise(ScriptedCamera(), ScriptedCamera(), attempts=1, backoff_s=10)
    s.camera.read(1)
    s.camera.restart()
    started_s = time.monotonic()
    assert s.camera.read(1).index == 1
    assert time.monotonic() - started_s < 2
    assert s.made[0].closed == 1
    assert s.changes == [(True, None), (False, "a restart was requested"), (True, None)]


def test_restart_cuts_a_pause_short(supervise):
    s = supervise(ScriptedCamera(open_error=CameraError("no")), ScriptedCamera(), backoff_s=15)
    threading.Timer(0.1, s.camera.restart).start()
    started_s = time.monotonic()
    s.camera.read(1)
    assert time.monotonic() - started_s < 3


@pytest.mark.parametrize("where", ["in a pause", "in a read"])
def test_interrupt_ends_the_wait_at_once(supervise, where):
    blocked = threading.Event()
    cameras = {
        "in a pause": ScriptedCamera(open_error=CameraError("no")),
        "in a read": ScriptedCamera([lambda: blocked.wait(5)]),
    }
    s = supervise(cameras[where], backoff_s=15)
    threading.Timer(0.1, s.camera.interrupt).start()
    started_s = time.monotonic()
    with pytest.raises(CameraStoppedError):
        s.camera.read(5)
    assert time.monotonic() - started_s < 2
    with pytest.raises(CameraEndedError):
        s.camera.read(5)
    blocked.set()


def test_a_frame_that_comes_after_the_interruption_is_released(supervise):
    go = threading.Event()
    s = supervise(ScriptedCamera([lambda: go.wait(5)]))
    stills = []
    real_read = s.cameras[0].read

    def read(timeout_s):
        frame = real_read(timeout_s)
        stills.append(frame.still)
        return frame

    s.cameras[0].read = read
    threading.Timer(0.05, s.camera.interrupt).start()
    with pytest.raises(CameraStoppedError):
        s.camera.read(5)
    go.set()
    s.camera.close()
    assert len(stills) == 1
    with pytest.raises(CameraError, match="released"):
        stills[0].read()


@pytest.mark.parametrize("where", ["open", "read", "close"])
def test_a_call_that_never_returns_loses_the_camera_instead_of_hanging(settings, where):
    release = threading.Event()
    hang = lambda: release.wait(20)  # noqa: E731
    camera = ScriptedCamera(
        [hang] if where == "read" else [CameraError("unplugged")],
        on_open=hang if where == "open" else None,
        on_close=hang if where == "close" else None,
    )
    supervised = SupervisedCamera(lambda: camera, settings(), hang_grace_s=0.05)
    started_s = time.monotonic()
    with pytest.raises(CameraLostError, match="hangs"):
        supervised.read(0.2)
    with pytest.raises(CameraLostError):
        supervised.read(0.2)
    supervised.close()
    assert time.monotonic() - started_s < 5
    release.set()


def test_closing_a_camera_that_hangs_ends_with_a_line_in_the_log(settings, caplog):
    release = threading.Event()
    camera = ScriptedCamera(on_close=lambda: release.wait(20))
    supervised = SupervisedCamera(lambda: camera, settings(), hang_grace_s=0.05)
    supervised.read(1)
    supervised.close()
    supervised.close()
    assert [r.getMessage() for r in caplog.records if "hangs" in r.getMessage()] == [
        "the camera hangs: a call into its driver did not return within 0.55 s"
    ]
    release.set()


def test_what_the_camera_said_of_itself_is_known_while_it_is_open(supervise):
    s = supervise(ScriptedCamera(["frame", CameraError("gone")]), attempts=1, backoff_s=10)
    assert s.camera.info is None
    s.camera.read(1)
    assert s.camera.info is not None
    assert s.camera.info.model == "script"
    s.camera.close()
    assert s.camera.info is None


def test_the_camera_is_used_by_one_thread_only_and_not_the_readers(supervise):
    camera = ScriptedCamera(["frame", CameraError("gone")])
    s = supervise(camera)
    for _ in range(3):
        s.camera.read(1)
    s.camera.close()
    assert len(camera.threads) == 1
    assert threading.get_ident() not in camera.threads


def test_the_log_has_one_line_for_each_change_of_state(supervise, caplog):
    caplog.set_level(logging.INFO)
    failing = [ScriptedCamera(open_error=CameraError("no")) for _ in range(2)]
    s = supervise(ScriptedCamera(["frame", CameraError("unplugged")]), *failing, ScriptedCamera())
    for _ in range(4):
        s.camera.read(1)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert lines[0] == "Camera running: scripted script"
    assert lines[1].startswith("Camera lost: unplugged; reopening in ")
    assert lines[2].startswith("Camera back after ")


def test_the_end_of_a_replay_is_no_failure(make_film, settings):
    replay = settings(make_film(frames=5))
    camera = SupervisedCamera(lambda: ReplayCamera(replay), replay)
    assert camera.open().family == "replay"
    assert [camera.read(1).index for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(CameraEndedError):
        camera.read(1)
    camera.close()


def test_a_network_camera_that_dies_and_comes_back_goes_on(mjpeg_server, settings):
    chosen = settings(mjpeg_server.url, reopen_attempts=50)
    changes = []
    camera = SupervisedCamera(
        lambda: OpenCvCamera(chosen), chosen, lambda *change: changes.append(change)
    )
    before = [camera.read(0.5) for _ in range(5)]
    mjpeg_server.stop()
    threading.Timer(0.6, mjpeg_server.start).start()
    after = [camera.read(0.5) for _ in range(20)]
    for earlier, later in itertools.pairwise(before + after):
        assert later.index > earlier.index
        assert later.time_s > earlier.time_s
    assert [connected for connected, _ in changes] == [True, False, True]
    camera.close()


def test_a_network_camera_that_stalls_is_reopened(mjpeg_server, settings):
    chosen = settings(mjpeg_server.url, reopen_attempts=50)
    changes = []
    camera = SupervisedCamera(
        lambda: OpenCvCamera(chosen), chosen, lambda *change: changes.append(change)
    )
    camera.read(0.5)
    mjpeg_server.flowing.clear()
    threading.Timer(1.0, mjpeg_server.flowing.set).start()
    while len(changes) < 3:
        camera.read(0.5)
    assert mjpeg_server.requests >= 2
    camera.close()


def test_a_network_camera_that_stays_away_is_lost(mjpeg_server, settings):
    chosen = settings(mjpeg_server.url, reopen_attempts=2)
    camera = SupervisedCamera(lambda: OpenCvCamera(chosen), chosen)
    camera.read(0.5)
    mjpeg_server.stop()
    with pytest.raises(CameraLostError, match="after 2 attempts"):
        read_for_ever(camera)
    camera.close()
