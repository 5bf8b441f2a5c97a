"""The whole appliance as a process: clip in; photos, messages and a clean end out."""

import json
import signal
import threading

import cv2
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from device.album.metadata import read_shot
from device.demo.broker import local_broker
from device.demo.clip import write_clip

from .daemon_process import DaemonProcess, NotifySocket, photo_ratings


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    write_clip(path)
    return path


class Listener:
    """Another machine that hears everything the camera says."""

    def __init__(self, port):
        self.messages = []
        ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener")
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = lambda c, u, m: self.messages.append((m.topic, m.payload))
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert ready.wait(10)

    def payloads(self, ending):
        return [payload for topic, payload in self.messages if topic.endswith(ending)]

    def stop(self):
        self._client.disconnect()
        self._client.loop_stop()


def test_a_replayed_clip_becomes_photos_and_messages_and_the_daemon_ends_by_itself(clip, tmp_path):
    with local_broker() as port:
        listener = Listener(port)
        with DaemonProcess(
            tmp_path,
            f"camera.source={clip}",
            "device.id=cam",
            "mqtt.enabled=true",
            "mqtt.host=127.0.0.1",
            f"mqtt.port={port}",
        ) as daemon:
            code = daemon.process.wait(120)
            text = daemon.text()
        listener.stop()
    assert code == 0, text
    photos = photo_ratings(tmp_path / "album")
    shots = [json.loads(p) for p in listener.payloads("cam/shot")]
    assert len(photos) == 2
    assert {shot["file"].split("/")[-1] for shot in shots} == {photo.name for photo in photos}
    assert {read_shot(photo).id for photo in photos} == {shot["id"] for shot in shots}
    assert all(cv2.imread(str(photo)).shape == (960, 1280, 3) for photo in photos)
    assert all(shot["rating"]["score"] == 1.0 for shot in shots)
    assert listener.payloads("cam/availability")[-1] == b"offline"
    assert b"online" in listener.payloads("cam/availability")
    assert len(listener.payloads("cam/score")) >= 10
    assert "Traceback" not in text


def test_systemd_hears_ready_only_after_a_rated_frame_and_stopping_at_the_end(clip, tmp_path):
    notify = NotifySocket(tmp_path)
    with DaemonProcess(
        tmp_path,
        f"camera.source={clip}",
        "camera.replay_loop=true",
        environment={"NOTIFY_SOCKET": notify.path},
    ) as daemon:
        daemon.wait_for(lambda: any("READY=1" in m for m in notify.receive()), "READY")
        daemon.wait_for(lambda: any("STATUS=score" in m for m in notify.receive()), "STATUS")
        daemon.wait_for(lambda: any("WATCHDOG=1" in m for m in notify.receive()), "WATCHDOG")
        assert daemon.stop() == 0
    assert any("STOPPING=1" in m for m in notify.receive())
    notify.close()


def test_sighup_takes_over_a_good_file_and_reports_a_bad_one(clip, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("shutter:\n  threshold: 0.8\n", encoding="utf-8")
    notify = NotifySocket(tmp_path)
    with DaemonProcess(
        tmp_path,
        f"camera.source={clip}",
        "camera.replay_loop=true",
        config=config,
        environment={"NOTIFY_SOCKET": notify.path},
    ) as daemon:
        daemon.wait_for(lambda: any("READY=1" in m for m in notify.receive()), "READY")
        config.write_text(
            "shutter:\n  threshold: 0.7\ncamera:\n  frame_rate: 9\n", encoding="utf-8"
        )
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_log("Configuration read again")
        daemon.wait_for_log("take effect after a restart: camera.frame_rate")
        config.write_text("shutter:\n  threshold: 7\n", encoding="utf-8")
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_log("the old one stays in force")
        assert "config.yaml:2: shutter.threshold: found 7" in daemon.text()
        reloading = [m for m in notify.receive() if "RELOADING=1" in m]
        assert reloading
        assert all("MONOTONIC_USEC=" in m for m in reloading)
        assert daemon.stop() == 0
    notify.close()


def test_a_wrong_configuration_ends_with_78_and_a_missing_camera_with_1(tmp_path):
    with DaemonProcess(tmp_path, "shutter.threshold=9") as daemon:
        assert daemon.process.wait(60) == 78
    with DaemonProcess(
        tmp_path,
        "camera.source=/absent/clip.mp4",
        "camera.reopen_attempts=1",
        "camera.reopen_backoff_s=0.1",
    ) as daemon:
        assert daemon.process.wait(60) == 1
        assert "/absent/clip.mp4" in daemon.text()
        assert "Traceback" not in daemon.text()


def test_without_a_broker_it_rates_and_saves_and_says_what_is_wrong_once(clip, tmp_path):
    with DaemonProcess(
        tmp_path,
        f"camera.source={clip}",
        "camera.replay_realtime=false",
        "mqtt.enabled=true",
        "mqtt.host=127.0.0.1",
        "mqtt.port=1",
    ) as daemon:
        assert daemon.process.wait(120) == 0
        text = daemon.text()
    assert len(photo_ratings(tmp_path / "album")) == 2
    assert 1 <= text.count("127.0.0.1:1") <= 2


def test_a_full_disk_pauses_shooting_and_leaves_nothing_half_written(clip, tmp_path):
    with DaemonProcess(
        tmp_path,
        f"camera.source={clip}",
        "camera.replay_realtime=false",
        "album.min_free_megabytes=900000000",
    ) as daemon:
        assert daemon.process.wait(120) == 0
    assert photo_ratings(tmp_path / "album") == []
