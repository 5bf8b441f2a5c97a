"""Real brokers on free ports, subscribers that remember, shots and ratings to send."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from device.config.identity import IdentitySettings
from device.config.mqtt import MqttSettings
from device.messages.shot import ShotEvent
from device.messages.state import (
    ApplianceState,
    BrokerState,
    CameraState,
    DiskState,
    FrameState,
    HealthState,
    ModelState,
    ShotState,
    state_to_json,
)
from device.mqtt.link import MqttLink
from device.mqtt.outbox import Outbox
from device.vision.geometry import Box
from device.vision.rating import EyeReading, FaceReading, SmileReading, rate

HOST = "127.0.0.1"


def eventually(condition, timeout_s=10.0, what="it"):
    """Wait until `condition` gives something true, and return that."""
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen within {timeout_s} s")


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def program(name):
    """Path of an installed program; where CI=true its absence is a failure."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        text = f"{name} is not installed (apt-get install mosquitto)"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return found


class Broker:
    """A mosquitto process of the test's own."""

    def __init__(self, folder, lines=("allow_anonymous true",), port=None, host=HOST):
        self.port = port or free_port()
        self.folder = folder
        self.program = program("mosquitto")
        self.log = folder / f"mosquitto-{self.port}.log"
        self.config = folder / f"mosquitto-{self.port}.conf"
        self.config.write_text(
            # Started by root it would change to a user who may not read the test's folder.
            "\n".join(["user root", f"listener {self.port} {host}", "log_type all", *lines, ""])
        )
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "-c", str(self.config)], stdout=log, stderr=log
            )
        eventually(self._answers, what=f"mosquitto (its log: {self.log})")
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"mosquitto ended: {self.log.read_text()[-2000:]}")
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0

    def kill(self):
        """As a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)


class Subscriber:
    """Remembers every message on `filters`; reconnects by itself."""

    def __init__(self, port, *filters, protocol=MQTTProtocolVersion.MQTTv5, login=None, tls=None):
        self.messages = []
        self._ready = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=protocol)
        self.client.reconnect_delay_set(0.05, 0.1)
        if login:
            self.client.username_pw_set(*login)
        if tls:
            self.client.tls_set(**tls)
        filters = filters or ("#",)

        def connected(client, _data, _flags, reason, _properties):
            if not reason.is_failure:
                client.subscribe([(name, 1) for name in filters])

        self.client.on_connect = connected
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_disconnect = lambda *_: self._ready.clear()
        self.client.on_message = lambda _c, _d, message: self.messages.append(message)
        self.client.connect_async(HOST, port)
        self.client.loop_start()

    def wait_ready(self):
        assert self._ready.wait(10), "the subscriber could not subscribe"
        return self

    @property
    def is_ready(self):
        return self._ready.is_set()

    def on(self, topic):
        return [message for message in list(self.messages) if message.topic == topic]

    def texts(self, topic):
        return [message.payload.decode() for message in self.on(topic)]

    def json(self, topic):
        return [json.loads(text) for text in self.texts(topic)]

    def ask(self, root, name, payload="", *, retain=False, **properties):
        given = Properties(PacketTypes.PUBLISH)
        for key, value in properties.items():
            setattr(given, key, value)
        self.client.publish(
            f"{root}/request/{name}",
            payload,
            qos=1,
            retain=retain,
            properties=given if properties else None,
        )

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def broker(tmp_path):
    """A broker that lets everybody in."""
    broker = Broker(tmp_path).start()
    yield broker
    broker.resume()
    broker.kill()


@pytest.fixture
def start_broker(tmp_path):
    """Brokers with a configuration of their own."""
    started = []

    def start(*lines, **more):
        broker = Broker(tmp_path, lines, **more)
        started.append(broker)
        return broker.start()

    yield start
    for broker in started:
        broker.kill()


@pytest.fixture
def subscribe():
    """Subscribers that are closed at the end."""
    subscribers = []

    def make(port, *filters, **more):
        subscriber = Subscriber(port, *filters, **more)
        subscribers.append(subscriber)
        return subscriber.wait_ready()

    yield make
    for subscriber in subscribers:
        subscriber.close()


def make_face(smile=(0.01, 0.02, 0.05, 0.92), eyes="open"):
    return FaceReading(
        box=Box(0.41, 0.12, 0.18, 0.31),
        confidence=0.998,
        sharpness=41.2,
        smile=SmileReading(smile),
        eyes=EyeReading(eyes, 2 if eyes == "open" else 0),
    )


def make_rating(frame=31, faces=1, smile=(0.01, 0.02, 0.05, 0.92)):
    return rate(
        [make_face(smile) for _ in range(faces)],
        frame=frame,
        time=datetime(2026, 11, 22, 20, 15, tzinfo=UTC) + timedelta(milliseconds=66 * frame),
    )


def make_shot(shot_id, cause="score"):
    return ShotEvent(
        id=shot_id,
        time=datetime(2026, 11, 22, 20, 15, tzinfo=UTC),
        cause=cause,
        file=f"{shot_id}.jpg",
        width_px=4056,
        height_px=3040,
        bytes=3_141_592,
        candidates=17,
        rating=make_rating(),
    )


def make_state(**changes):
    values = {
        "time": datetime(2026, 11, 22, 20, 15, tzinfo=UTC),
        "version": "0.1.0",
        "id": "booth",
        "name": "Booth",
        "online": True,
        "reason": None,
        "camera": CameraState("replay", "test picture", "file", True, 4056, 3040),
        "models": {"smile": ModelState("smile", "ab" * 32, "ai-edge-litert 2.3.0")},
        "frames": FrameState(31, 0, 14.9, 21.3),
        "shots": ShotState(3, 2, "a"),
        "disk": DiskState(20_000.5, 500.0, 3),
        "health": HealthState(51.5, False, False, False),
        "broker": BrokerState(True, True, None, 0),
        "threshold": 0.85,
        "paused": False,
        "waiting_for": None,
        "score_interval_s": 1.0,
        "memory_megabytes": 180.0,
        "uptime_s": 12.0,
    }
    return ApplianceState(**{**values, **changes})


class Requests:
    """Stands in for the daemon behind the requests; remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.answer = {"accepted": True}
        self.error = None

    def __call__(self, name, arguments):
        self.asked.append((name, dict(arguments)))
        if self.error is not None:
            raise self.error
        return self.answer


class CameraUnderTest:
    """A real link and a real outbox, with what the daemon would give them."""

    def __init__(self, folder, settings, camera_id="booth"):
        self.identity = IdentitySettings(id=camera_id, name="Booth")
        self.settings = settings
        self.root = f"{settings.base_topic}/{camera_id}"
        self.outbox = Outbox(folder / f"{camera_id}.sqlite", settings.outbox_events)
        self.requests = Requests()
        self.state = make_state()
        self.images = {}
        self.link = MqttLink(
            settings,
            self.identity,
            self.outbox,
            self.requests,
            lambda event: self.images.get(event.id, b"\xff\xd8 jpeg of " + event.id.encode()),
            lambda: state_to_json(self.state),
        )

    def start(self):
        self.link.start()
        return self

    def wait_connected(self, timeout_s=10.0):
        eventually(lambda: self.link.status().connected, timeout_s, "the connection")
        return self

    def close(self):
        self.link.stop(5)
        self.outbox.close()


@pytest.fixture
def camera(tmp_path):
    """Cameras that are stopped at the end; keywords are MQTT settings."""
    cameras = []

    def make(port, *, start=True, camera_id="booth", host=HOST, **settings):
        values = {
            "enabled": True,
            "host": host,
            "port": port,
            "reconnect_min_s": 0.05,
            "reconnect_max_s": 0.2,
            "connect_timeout_s": 2.0,
        }
        made = CameraUnderTest(tmp_path, MqttSettings(**{**values, **settings}), camera_id)
        cameras.append(made)
        return made.start() if start else made

    yield make
    for made in cameras:
        made.close()


class Kit:
    """What test modules take from here (pytest's importlib mode lets them import nothing)."""

    eventually = staticmethod(eventually)
    free_port = staticmethod(free_port)
    program = staticmethod(program)
    make_rating = staticmethod(make_rating)
    make_shot = staticmethod(make_shot)
    make_state = staticmethod(make_state)
    make_face = staticmethod(make_face)
    Broker = Broker
    Subscriber = Subscriber
    Requests = Requests
    HOST = HOST
    ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def kit():
    """The makers and the patience above."""
    return Kit
