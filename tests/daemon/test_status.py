"""The appliance's account of itself is true and holds no secret."""

import json
from datetime import UTC, datetime

from device.camera.frame import CameraInfo
from device.config.loading import load_config
from device.daemon.status import ApplianceStatus, StatusSources, resident_megabytes
from device.messages.shot import ShotEvent
from device.messages.state import BrokerState, DiskState, HealthState, ModelState, state_to_json
from device.vision.rating import rate

RATING = rate([], frame=1, time=datetime(2026, 1, 1, tzinfo=UTC))
SHOT = ShotEvent("id-1", RATING.time, "score", "x.jpg", 4, 4, 10, 1, RATING)


def make_status(*overrides):
    config = load_config(None, overrides)
    return ApplianceStatus(
        StatusSources(
            config=lambda: config,
            dropped=lambda: 3,
            disk=lambda: DiskState(1000.0, 500.0, 7),
            broker=lambda: BrokerState(
                enabled=True, connected=False, error="refused", queued_shots=2
            ),
            models={"smile": ModelState("smile", "ab" * 32, "ai-edge-litert 2")},
        )
    )


def test_it_is_online_only_once_frames_are_rated():
    status = make_status()
    assert not status.report().online
    status.camera_changed(connected=True, reason=None)
    assert not status.report().online
    status.frame_rated(0.02, "faces")
    report = status.report()
    assert report.online
    assert report.frames.rated == status.rated == 1
    assert report.waiting_for == "faces"


def test_a_lost_camera_is_told_with_its_reason_and_its_return_too():
    status = make_status()
    status.frame_rated(0.02, None)
    status.camera_changed(connected=False, reason="no frame for 5 s")
    report = status.report()
    assert (report.online, report.reason) == (False, "no frame for 5 s")
    status.frame_rated(0.02, None)
    assert (status.report().online, status.report().reason) == (True, None)


def test_shots_are_counted_on_top_of_those_of_the_day():
    status = make_status()
    status.shots_before(4, "id-0")
    status.shot_saved(SHOT)
    shots = status.report().shots
    assert (shots.total, shots.today, shots.last_id) == (1, 5, "id-1")


def test_facts_of_other_parts_are_reported():
    status = make_status("shutter.threshold=0.6")
    status.camera_opened(CameraInfo("replay", "clip.avi", 1280, 960))
    status.health_changed(HealthState(61.5, under_voltage=True, throttled=None, slowed_down=False))
    status.paused_changed(paused=True)
    status.error("the disk is full")
    data = state_to_json(status.report())
    assert data["camera"]["still_width_px"] == 1280
    assert data["health"]["temperature_celsius"] == 61.5
    assert data["threshold"] == 0.6
    assert data["paused"] is True
    assert data["last_error"]["text"] == "the disk is full"
    assert data["broker"]["queued_shots"] == 2
    assert data["frames"]["dropped"] == 3
    assert json.loads(json.dumps(data)) == data


def test_a_cameras_password_is_not_shown():
    source = "rtsp://user:secret@cam.local/live?password=hunter2"
    shown = make_status(f"camera.source={source}").report().camera.source
    assert "cam.local" in shown
    assert "secret" not in shown
    assert "hunter2" not in shown
    assert make_status("camera.source=/dev/video0").report().camera.source == "/dev/video0"


def test_memory_is_the_processs_own():
    assert 10 < resident_megabytes() < 5000
