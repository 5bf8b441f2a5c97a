"""`watch`, `forget` and the broker check, beside a camera that runs."""

import io
import threading
import time

import pytest

from device.mqtt.forget import ForgetError, forget
from device.mqtt.message import Incoming
from device.mqtt.probe import probe
from device.mqtt.topics import Topics
from device.mqtt.troubles import BrokerError
from device.mqtt.watch import describe, watch

ROOT = "printability/booth"
TOPICS = Topics(ROOT, "homeassistant/device/booth/config", "homeassistant/status")


def test_forget_clears_everything_retained(broker, subscribe, camera, kit):
    made = camera(broker.port).wait_connected()
    made.link.set_available(online=True, reason=None)
    time.sleep(0.2)
    made.link.stop(5)
    topics = forget(made.settings, made.identity)
    assert set(topics) == {
        f"{ROOT}/availability",
        f"{ROOT}/state",
        f"{ROOT}/schema",
        "homeassistant/device/booth/config",
    }
    seen = subscribe(broker.port)
    time.sleep(0.3)
    assert [m.topic for m in seen.messages if not m.topic.startswith("$")] == []


def test_forgetting_a_camera_that_runs_says_that_it_runs(broker, camera, kit):
    made = camera(broker.port).wait_connected()
    time.sleep(0.2)
    with pytest.raises(ForgetError, match="the camera is still running"):
        forget(made.settings, made.identity)
    assert made.link.status().connected


def test_forget_says_what_the_access_list_forbids(start_broker, camera, kit, tmp_path):
    path = tmp_path / "acl"
    path.write_text("topic read #\n")
    path.chmod(0o600)
    broker = start_broker("allow_anonymous true", f"acl_file {path}")
    made = camera(broker.port, start=False)
    with pytest.raises(ForgetError, match="refuses to clear"):
        forget(made.settings, made.identity)


def test_forget_without_broker_says_so(camera, kit):
    made = camera(kit.free_port(), start=False)
    with pytest.raises(BrokerError, match="no broker listens"):
        forget(made.settings, made.identity)


def test_the_check_finds_a_broker_and_leaves_a_running_camera_connected(broker, camera, kit):
    made = camera(broker.port).wait_connected()
    assert probe(made.settings, made.identity) is None
    assert made.link.status().connected


def test_the_check_says_what_is_wrong(camera, kit):
    made = camera(kit.free_port(), start=False)
    assert "no broker listens" in probe(made.settings, made.identity)


def test_watch_prints_what_happens_and_survives_the_broker(broker, camera, subscribe, kit):
    made = camera(broker.port).wait_connected()
    out = io.StringIO()
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(made.settings, made.identity, out, stop))
    thread.start()
    try:
        kit.eventually(lambda: "watching printability/booth/#" in out.getvalue())
        made.link.set_available(online=True, reason=None)
        made.link.publish_score(kit.make_rating())
        made.link.add_shot(kit.make_shot("a"))
        subscribe(broker.port).ask(ROOT, "reboot", '{"transaction": 1}')
        for line in (
            "availability   online",
            "score          10.0, (expected 9.74), 1 face, smiling, eyes open",
            "shot/image     JPEG, 0 kB",
            "shot           a.jpg: 10.0, the best of 17 frames, 4056 x 3040 px, 3142 kB",
            "state          online, armed, threshold 8.5, 14.9 frames/s, 2 shots today",
            "response/reboot {",
        ):
            kit.eventually(lambda line=line: line in out.getvalue(), what=line)
        broker.kill()
        kit.eventually(lambda: "no broker listens" in out.getvalue())
        broker.start()
        kit.eventually(lambda: out.getvalue().count("watching ") == 2)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    "payload",
    [b"\xff\x00\x1b[31m", b"{}", b"[]", b"[" * 100_000, b'{"score": "high"}', b"\x1b]0;title\x07"],
)
@pytest.mark.parametrize("tail", ["score", "shot", "state", "other"])
def test_what_others_publish_there_cannot_break_the_view_or_the_terminal(tail, payload):
    line = describe(Incoming(f"{ROOT}/{tail}", payload, retained=False), TOPICS)
    assert line.isprintable()
    assert len(line) < 1000


def test_a_cleared_topic_is_shown_as_such():
    assert "(cleared)" in describe(Incoming(f"{ROOT}/state", b"", retained=False), TOPICS)
    assert "(empty)" in describe(Incoming(f"{ROOT}/request/get", b"", retained=False), TOPICS)
