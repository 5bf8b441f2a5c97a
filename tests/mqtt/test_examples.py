"""The examples people copy: each is run, or held against what the camera really publishes."""

import json
import subprocess
import sys

import jinja2
import pytest
import yaml
from paho.mqtt.enums import MQTTProtocolVersion

from device.mqtt.home_assistant import Camera, discovery
from device.mqtt.topics import Topics

ROOT = "printability/booth"
TOPICS = Topics(ROOT, "homeassistant/device/booth/config", "homeassistant/status")


@pytest.fixture
def examples(kit):
    return kit.ROOT / "examples"


def test_the_python_subscriber_saves_each_shot_once(broker, camera, kit, examples, tmp_path):
    script = examples / "python" / "subscriber.py"
    assert len(script.read_text().splitlines()) <= 20
    folder = tmp_path / "photos"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(script), "127.0.0.1", "booth", str(folder), str(broker.port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        kit.eventually(lambda: f"{ROOT}/shot/image" in broker.log.read_text())
        made = camera(broker.port).wait_connected()
        for name in ("a", "b"):
            made.link.add_shot(kit.make_shot(name))
            assert process.stdout.readline() == f"{name}.jpg: score 10.0\n"
        assert (folder / "a.jpg").read_bytes() == b"\xff\xd8 jpeg of a"
        assert (folder / "b.jpg").read_bytes() == b"\xff\xd8 jpeg of b"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def guarded_broker(start_broker, examples, tmp_path, kit):
    """The example configuration, without its certificates, with three users."""
    passwords = tmp_path / "passwords"
    for number, user in enumerate(("booth", "homeassistant", "display")):
        subprocess.run(
            [
                kit.program("mosquitto_passwd"),
                "-b",
                *(["-c"] if number == 0 else []),
                str(passwords),
                user,
                "pw",
            ],
            check=True,
        )
    access = tmp_path / "printability.acl"
    access.write_text((examples / "mosquitto" / "printability.acl").read_text())
    access.chmod(0o600)
    text = (examples / "mosquitto" / "mosquitto.conf").read_text()
    text = text.replace("/etc/mosquitto/printability.acl", str(access))
    text = text.replace("/etc/mosquitto/passwords", str(passwords))
    text = text.replace("/var/lib/mosquitto/", f"{tmp_path}/")
    left_out = ("listener", "cafile", "certfile", "keyfile", "tls_version", "#")
    return start_broker(
        "per_listener_settings false",
        *(
            line
            for line in text.splitlines()
            if line and not line.startswith((*left_out, "per_listener"))
        ),
    )


@pytest.fixture
def logged_in(guarded_broker, camera, tmp_path):
    (tmp_path / "secret").write_text("pw")

    def make(camera_id="booth"):
        return camera(
            guarded_broker.port,
            camera_id=camera_id,
            username="booth",
            password=f"file:{tmp_path}/secret",
        ).wait_connected()

    return make


def test_the_access_list_lets_a_camera_and_home_assistant_do_their_work(
    guarded_broker, logged_in, subscribe, kit, caplog
):
    home_assistant = subscribe(guarded_broker.port, login=("homeassistant", "pw"))
    made = logged_in()
    made.link.set_available(online=True, reason=None)
    made.link.publish_score(kit.make_rating())
    made.link.add_shot(kit.make_shot("a"))
    home_assistant.ask(ROOT, "shoot")
    for tail in ("availability", "state", "schema", "score", "shot", "shot/image"):
        kit.eventually(lambda tail=tail: home_assistant.on(f"{ROOT}/{tail}"), what=tail)
    kit.eventually(lambda: home_assistant.on(f"{ROOT}/response/shoot"))
    kit.eventually(lambda: home_assistant.on("homeassistant/device/booth/config"))
    home_assistant.messages.clear()
    home_assistant.client.publish("homeassistant/status", "online")
    kit.eventually(lambda: home_assistant.on("homeassistant/device/booth/config"))
    home_assistant.client.publish(f"{ROOT}/schema", b"", qos=1, retain=True)
    kit.eventually(lambda: len(home_assistant.on(f"{ROOT}/schema")) >= 2)
    assert "refuses" not in caplog.text
    assert "Denied PUBLISH" not in guarded_broker.log.read_text()


def test_the_access_list_keeps_a_camera_out_of_anothers_topics(
    guarded_broker, logged_in, subscribe, kit
):
    seen = subscribe(guarded_broker.port, login=("homeassistant", "pw"))
    thief = logged_in(camera_id="other")
    thief.link.add_shot(kit.make_shot("a"))
    assert "check the broker's access list" in kit.eventually(lambda: thief.link.status().error)
    assert not [m for m in seen.messages if m.topic.startswith("printability/other/")]


def test_the_access_list_lets_a_display_look_but_not_touch(
    guarded_broker, logged_in, subscribe, kit
):
    made = logged_in()
    display = subscribe(guarded_broker.port, login=("display", "pw"))
    display.ask(ROOT, "shoot")
    made.link.add_shot(kit.make_shot("a"))
    kit.eventually(lambda: display.on(f"{ROOT}/shot"))
    assert made.requests.asked == []
    assert not display.on(f"{ROOT}/state")


def test_the_automation_names_entities_that_exist_and_its_templates_work(examples, kit):
    automation = yaml.safe_load(
        (examples / "home-assistant" / "last_shot_to_phone.yaml").read_text()
    )
    components = discovery(TOPICS, Camera("booth", "Booth", "imx708", "0.1.0"))["components"]
    entities = {entity["default_entity_id"] for entity in components.values()}
    (trigger,) = automation["triggers"]
    (action,) = automation["actions"]
    assert trigger["entity_id"] in entities
    assert action["data"]["data"]["image"].removeprefix("/api/image_proxy/") in entities

    class State:
        def __init__(self, shot_id):
            self.attributes = {"id": shot_id, "score": 9.7, "faces": 2}

    class Trigger:
        def __init__(self, before, now):
            self.from_state, self.to_state = before, State(now)

    def render(template, trigger):
        return jinja2.Environment(autoescape=False).from_string(template).render(trigger=trigger)

    (condition,) = automation["conditions"]
    template = condition["value_template"]
    assert render(template, Trigger(State("a"), "b")) == "True"
    assert render(template, Trigger(State("a"), "a")) == "False"
    assert render(template, Trigger(None, "a")) == "True"
    assert "9.7" in render(action["data"]["message"], Trigger(None, "a"))


def test_the_node_red_flow_is_whole_and_names_real_topics(examples):
    flow = json.loads((examples / "node-red" / "shots.json").read_text())
    ids = {node["id"] for node in flow}
    for node in flow:
        for wires in node.get("wires", []):
            assert set(wires) <= ids
        assert node.get("z", "pc-tab") in ids
        assert node.get("broker", "pc-broker") in ids | {"localhost"}
    topics = {node["topic"] for node in flow if node["type"].startswith("mqtt ")}
    assert topics == {
        "printability/+/shot",
        "printability/+/shot/image",
        "printability/+/response/+",
        TOPICS.request("shoot"),
    }


@pytest.mark.parametrize("protocol", [MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311])
def test_a_refused_login_reaches_nobody(guarded_broker, kit, protocol):
    stranger = kit.Subscriber(guarded_broker.port, protocol=protocol, login=("booth", "wrong"))
    try:
        assert not stranger._ready.wait(0.5)
    finally:
        stranger.close()


def test_the_bridge_brings_shots_to_the_headquarters_and_requests_to_the_camera(
    start_broker, subscribe, camera, kit, examples
):
    headquarters = start_broker("allow_anonymous true")
    text = (examples / "mosquitto" / "bridge.conf").read_text()
    text = text.replace("broker.example.org:8883", f"127.0.0.1:{headquarters.port}")
    left_out = ("#", "bridge_cafile", "remote_username", "remote_password", "restart_timeout")
    lines = [line for line in text.splitlines() if line and not line.startswith(left_out)]
    site = start_broker("allow_anonymous true", *lines, "restart_timeout 1")
    seen = subscribe(headquarters.port, "printability/#")
    made = camera(site.port).wait_connected()
    made.link.set_available(online=True, reason=None)
    made.link.publish_score(kit.make_rating())
    made.link.add_shot(kit.make_shot("a"))
    kit.eventually(lambda: seen.on(f"{ROOT}/shot"), 20)
    kit.eventually(lambda: seen.texts(f"{ROOT}/availability")[-1:] == ["online"])
    assert not seen.on(f"{ROOT}/score"), "scores stay at the site"
    seen.ask(ROOT, "shoot")
    kit.eventually(lambda: made.requests.asked == [("shoot", {})])
    kit.eventually(lambda: seen.on(f"{ROOT}/response/shoot"))
