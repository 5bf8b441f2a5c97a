"""The link against a real mosquitto: what others see of the camera, and when."""

import json
import time

import jsonschema
import pytest
from paho.mqtt.enums import MQTTProtocolVersion
from referencing import Registry, Resource

from device.messages import schema
from device.messages.request import RequestError

ROOT = "printability/booth"


def validator(name):
    registry = Registry().with_resources(
        [(schema.load(n)["$id"], Resource.from_contents(schema.load(n))) for n in schema.NAMES]
    )
    return jsonschema.Draft202012Validator(
        schema.load(name),
        registry=registry,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


@pytest.fixture(params=["5", "3.1.1"])
def protocol(request):
    return request.param


def test_a_camera_that_rates_is_online_and_announces_itself(
    broker, subscribe, camera, kit, protocol
):
    seen = subscribe(broker.port)
    made = camera(broker.port, protocol=protocol).wait_connected()
    made.link.set_available(online=True, reason=None)
    kit.eventually(lambda: seen.texts(f"{ROOT}/availability")[-1:] == ["online"])
    state = kit.eventually(lambda: [s for s in seen.json(f"{ROOT}/state") if s["online"]])[-1]
    assert state["reason"] is None
    assert json.loads(seen.texts(f"{ROOT}/schema")[0]) == schema.bundle()
    assert seen.json("homeassistant/device/booth/config")[0]["components"]["score"]


def test_everything_published_obeys_its_published_schema(broker, subscribe, camera, kit):
    seen = subscribe(broker.port)
    made = camera(broker.port).wait_connected()
    made.link.set_available(online=True, reason=None)
    made.link.publish_score(kit.make_rating(faces=3))
    made.link.add_shot(kit.make_shot("a"))
    seen.ask(ROOT, "shoot", '{"transaction": "t-1"}')
    kit.eventually(lambda: seen.on(f"{ROOT}/response/shoot"))
    kit.eventually(lambda: seen.on(f"{ROOT}/shot") and seen.on(f"{ROOT}/score"))
    published = {m.topic: m for m in seen.messages}
    bundle = json.loads(published[f"{ROOT}/schema"].payload)
    for tail, name in (("score", "rating"), ("shot", "shot"), ("state", "state")):
        assert bundle["$defs"][name] == schema.load(name)
        validator(name).validate(json.loads(published[f"{ROOT}/{tail}"].payload))
    validator("response").validate(json.loads(published[f"{ROOT}/response/shoot"].payload))
    for text in seen.texts(f"{ROOT}/availability"):
        validator("availability").validate(text)


def test_mqtt_5_properties_tell_what_a_payload_is_and_how_long_a_score_is_worth_having(
    broker, subscribe, camera, kit
):
    seen = subscribe(broker.port)
    made = camera(broker.port, score_interval_s=5.0).wait_connected()
    made.link.publish_score(kit.make_rating())
    made.link.add_shot(kit.make_shot("a"))
    score = kit.eventually(lambda: seen.on(f"{ROOT}/score"))[0]
    image = kit.eventually(lambda: seen.on(f"{ROOT}/shot/image"))[0]
    shot = kit.eventually(lambda: seen.on(f"{ROOT}/shot"))[0]
    assert score.properties.ContentType == "application/json"
    assert 13 <= score.properties.MessageExpiryInterval <= 15
    assert score.qos == 0
    assert image.properties.ContentType == "image/jpeg"
    assert image.properties.UserProperty == [("id", "a")]
    assert image.payload == b"\xff\xd8 jpeg of a"
    assert shot.properties.ContentType == "application/json"
    assert shot.qos == 1
    assert not hasattr(shot.properties, "MessageExpiryInterval")


def test_the_picture_comes_before_its_shot_so_that_an_automation_finds_it(
    broker, subscribe, camera, kit
):
    seen = subscribe(broker.port, f"{ROOT}/shot", f"{ROOT}/shot/image")
    made = camera(broker.port).wait_connected()
    made.link.add_shot(kit.make_shot("a"))
    kit.eventually(lambda: len(seen.messages) == 2)
    assert [m.topic for m in seen.messages] == [f"{ROOT}/shot/image", f"{ROOT}/shot"]


def test_a_shot_whose_picture_is_gone_is_announced_all_the_same(broker, subscribe, camera, kit):
    seen = subscribe(broker.port)
    made = camera(broker.port, start=False)
    made.link._delivery._shot_image = lambda _event: 1 / 0
    made.start().wait_connected()
    made.link.add_shot(kit.make_shot("a"))
    assert kit.eventually(lambda: seen.json(f"{ROOT}/shot"))[0]["id"] == "a"
    assert not seen.on(f"{ROOT}/shot/image")


def test_offline_with_a_reason_when_frames_stop(broker, subscribe, camera, kit):
    seen = subscribe(broker.port)
    made = camera(broker.port).wait_connected()
    made.link.set_available(online=True, reason=None)
    kit.eventually(lambda: seen.texts(f"{ROOT}/availability")[-1:] == ["online"])
    made.link.set_available(online=False, reason="no frame for 5 s")
    kit.eventually(lambda: seen.texts(f"{ROOT}/availability")[-1:] == ["offline"])
    kit.eventually(
        lambda: [s["reason"] for s in seen.json(f"{ROOT}/state")][-1:] == ["no frame for 5 s"]
    )


def test_a_killed_daemon_is_declared_offline_by_the_last_will(broker, subscribe, camera, kit):
    seen = subscribe(broker.port)
    made = camera(broker.port).wait_connected()
    made.link.set_available(online=True, reason=None)
    kit.eventually(lambda: seen.texts(f"{ROOT}/availability")[-1:] == ["online"])
    # As the kernel does for a process that is gone: the socket closes, nothing is said.
    made.link._stopping = True
    made.link._say_goodbye = lambda c: c._client.socket().close()
    made.link._wakeup.set()
    kit.eventually(lambda: seen.texts(f"{ROOT}/availability")[-1:] == ["offline"])


def test_a_stopped_daemon_says_offline_itself_and_leaves_no_will_behind(
    broker, subscribe, camera, kit
):
    seen = subscribe(broker.port)
    made = camera(broker.port).wait_connected()
    made.link.set_available(online=True, reason=None)
    kit.eventually(lambda: seen.texts(f"{ROOT}/availability")[-1:] == ["online"])
    before = len(seen.on(f"{ROOT}/availability"))
    made.link.stop(5)
    kit.eventually(lambda: "disconnected" in broker.log.read_text())
    time.sleep(0.2)
    assert seen.texts(f"{ROOT}/availability")[before:] == ["offline"]


def test_after_a_broker_restart_everything_retained_is_there_again(broker, subscribe, camera, kit):
    made = camera(broker.port).wait_connected()
    made.link.set_available(online=True, reason=None)
    broker.kill()  # it has no persistence: what it retained is gone
    kit.eventually(lambda: not made.link.status().connected)
    broker.start()
    made.wait_connected()
    seen = subscribe(broker.port)
    topics = {
        f"{ROOT}/availability",
        f"{ROOT}/state",
        f"{ROOT}/schema",
        "homeassistant/device/booth/config",
    }
    kit.eventually(lambda: {m.topic for m in seen.messages if m.retain} == topics)
    assert seen.texts(f"{ROOT}/availability") == ["online"]


def test_a_retained_message_that_somebody_clears_is_sent_again(broker, subscribe, camera, kit):
    seen = subscribe(broker.port)
    made = camera(broker.port).wait_connected()
    kit.eventually(lambda: seen.on(f"{ROOT}/state"))
    for topic in ("homeassistant/device/booth/config", f"{ROOT}/schema"):
        seen.client.publish(topic, b"", qos=1, retain=True)
        kit.eventually(lambda topic=topic: b"" in [m.payload for m in seen.on(topic)])
        kit.eventually(lambda topic=topic: seen.on(topic)[-1].payload)
    assert made.link.status().connected


def test_a_broker_that_lost_them_silently_is_found_out(broker, subscribe, camera, kit, monkeypatch):
    monkeypatch.setattr("device.mqtt.announcements.PROBE_INTERVAL_S", 0.3)
    monkeypatch.setattr("device.mqtt.announcements.PROBE_PATIENCE_S", 0.15)
    made = camera(broker.port).wait_connected()
    seen = subscribe(broker.port, f"{ROOT}/schema")
    time.sleep(1.0)
    assert len(seen.messages) == 1, "while the broker has them they are not sent again"
    # A camera deaf to live messages does not see them cleared, as if the broker had dropped them.
    received = made.link._announcements.observe
    made.link._announcements.observe = lambda m, now: received(m, now) if m.payload else None
    for topic in ("availability", "schema"):
        seen.client.publish(f"{ROOT}/{topic}", b"", qos=1, retain=True)
    kit.eventually(lambda: len(seen.messages) >= 3 and seen.messages[-1].payload)


def test_home_assistants_birth_brings_discovery_availability_and_the_last_picture(
    broker, subscribe, camera, kit
):
    seen = subscribe(broker.port)
    made = camera(broker.port).wait_connected()
    made.link.set_available(online=True, reason=None)
    made.link.add_shot(kit.make_shot("a"))
    kit.eventually(lambda: made.outbox.depth == 0)
    time.sleep(0.1)
    seen.messages.clear()
    seen.client.publish("homeassistant/status", "online")
    kit.eventually(lambda: seen.on("homeassistant/device/booth/config"))
    kit.eventually(lambda: seen.texts(f"{ROOT}/availability") == ["online"])
    kit.eventually(lambda: seen.on(f"{ROOT}/shot/image"))
    assert not seen.on(f"{ROOT}/shot"), "the event must not fire an automation a second time"


def test_the_real_camera_model_reaches_home_assistant_once_the_camera_has_opened(
    broker, subscribe, camera, kit
):
    seen = subscribe(broker.port, "homeassistant/device/booth/config")
    made = camera(broker.port, start=False)
    full = made.link._state
    made.link._state = dict
    made.start().wait_connected()
    kit.eventually(lambda: seen.messages)
    made.link._state = full
    made.link.set_available(online=True, reason=None)
    kit.eventually(
        lambda: json.loads(seen.messages[-1].payload)["device"]["model"] == "test picture"
    )


def test_without_home_assistant_nothing_is_announced_to_it(broker, subscribe, camera, kit):
    seen = subscribe(broker.port)
    camera(broker.port, home_assistant={"enabled": False}).wait_connected()
    kit.eventually(lambda: seen.on(f"{ROOT}/availability"))
    assert not [m for m in seen.messages if m.topic.startswith("homeassistant")]


def test_scores_come_at_most_once_in_an_interval_and_the_rate_can_change_while_running(
    broker, subscribe, camera, kit
):
    seen = subscribe(broker.port, f"{ROOT}/score")
    made = camera(broker.port, score_interval_s=30.0).wait_connected()
    for frame in range(50):
        made.link.publish_score(kit.make_rating(frame))
    time.sleep(0.2)
    assert len(seen.messages) == 1
    made.link.update(made.settings.model_copy(update={"score_interval_s": 0.0}))
    made.link._gate.reset()
    for frame in range(5):
        made.link.publish_score(kit.make_rating(100 + frame))
        time.sleep(0.05)
    kit.eventually(lambda: len(seen.messages) == 6)


def test_a_request_is_answered_with_status_and_the_callers_transaction(
    broker, subscribe, camera, kit, protocol
):
    version = MQTTProtocolVersion.MQTTv5 if protocol == "5" else MQTTProtocolVersion.MQTTv311
    seen = subscribe(broker.port, protocol=version)
    made = camera(broker.port, protocol=protocol).wait_connected()
    time.sleep(0.1)
    seen.ask(ROOT, "set", '{"shutter.threshold": 0.7, "persist": true, "transaction": 42}')
    answer = kit.eventually(lambda: seen.json(f"{ROOT}/response/set"))[0]
    assert answer == {"status": "ok", "data": {"accepted": True}, "transaction": 42}
    assert made.requests.asked == [("set", {"shutter.threshold": 0.7, "persist": True})]


def test_what_the_daemon_refuses_is_an_error_answer(broker, subscribe, camera, kit):
    seen = subscribe(broker.port)
    made = camera(broker.port).wait_connected()
    made.requests.error = RequestError("shutter.threshold: 7 is more than 1")
    seen.ask(ROOT, "set", '{"shutter.threshold": 7, "transaction": "x"}')
    answer = kit.eventually(lambda: seen.json(f"{ROOT}/response/set"))[0]
    assert answer == {
        "status": "error",
        "error": "shutter.threshold: 7 is more than 1",
        "transaction": "x",
    }


def test_response_topic_and_correlation_data_are_honoured_beside_the_transaction(
    broker, subscribe, camera, kit
):
    seen = subscribe(broker.port)
    camera(broker.port).wait_connected()
    seen.ask(
        ROOT,
        "get",
        '{"transaction": 1}',
        ResponseTopic="desk/answers",
        CorrelationData=b"\x00\x01\xff",
    )
    own = kit.eventually(lambda: seen.on(f"{ROOT}/response/get"))[0]
    other = kit.eventually(lambda: seen.on("desk/answers"))[0]
    for answer in (own, other):
        assert answer.properties.CorrelationData == b"\x00\x01\xff"
        assert json.loads(answer.payload)["transaction"] == 1


@pytest.mark.parametrize(
    "topic", ["homeassistant/device/booth/config", f"{ROOT}/availability", "$SYS/broker/uptime"]
)
def test_nobody_makes_the_camera_speak_in_anothers_name(broker, subscribe, camera, kit, topic):
    camera(broker.port).wait_connected()
    seen = subscribe(broker.port)
    time.sleep(0.2)
    before = len(seen.on(topic))
    seen.ask(ROOT, "get", ResponseTopic=topic)
    kit.eventually(lambda: seen.on(f"{ROOT}/response/get"))
    time.sleep(0.1)
    assert len(seen.on(topic)) == before


def test_a_retained_request_is_refused_not_repeated_at_every_reconnect(
    broker, subscribe, camera, kit
):
    seen = subscribe(broker.port)
    seen.ask(ROOT, "shoot", "{}", retain=True)
    kit.eventually(lambda: seen.on(f"{ROOT}/request/shoot"))
    made = camera(broker.port, protocol="3.1.1").wait_connected()
    answer = kit.eventually(lambda: seen.json(f"{ROOT}/response/shoot"))[0]
    assert answer["status"] == "error"
    assert "retain" in answer["error"]
    other = camera(broker.port, camera_id="booth2", protocol="5").wait_connected()
    time.sleep(0.2)
    assert made.requests.asked == []
    assert other.requests.asked == []


def test_the_switch_of_home_assistant_pauses_and_resumes(broker, subscribe, camera, kit):
    seen = subscribe(broker.port)
    made = camera(broker.port).wait_connected()
    switch = kit.eventually(lambda: seen.json("homeassistant/device/booth/config"))[0][
        "components"
    ]["armed"]
    seen.client.publish(switch["command_topic"], switch["payload_off"], qos=1)
    kit.eventually(lambda: made.requests.asked == [("pause", {})])
    seen.client.publish(switch["command_topic"], switch["payload_on"], qos=1)
    kit.eventually(lambda: made.requests.asked == [("pause", {}), ("resume", {})])


def test_a_disabled_link_does_nothing_at_all(camera, kit):
    made = camera(kit.free_port(), enabled=False)
    made.link.publish_score(kit.make_rating())
    made.link.add_shot(kit.make_shot("a"))
    assert made.outbox.depth == 0
    assert not made.link.status().enabled
    made.link.stop(1)


def test_a_full_outbox_is_said_in_the_log_and_in_the_state(broker, subscribe, camera, kit, caplog):
    seen = subscribe(broker.port, f"{ROOT}/shot")
    made = camera(broker.port, start=False, outbox_events=3)
    for name in "abcde":
        made.link.add_shot(kit.make_shot(name))
    status = made.link.status()
    assert (status.queued_shots, status.dropped_shots) == (3, 2)
    assert "mqtt.outbox_events: 3" in caplog.text
    made.start()
    kit.eventually(lambda: len(seen.messages) >= 3)
    assert [m["id"] for m in seen.json(f"{ROOT}/shot")] == ["c", "d", "e"]


def test_of_a_backlog_only_the_newest_pictures_are_sent(broker, subscribe, camera, kit):
    seen = subscribe(broker.port, f"{ROOT}/shot", f"{ROOT}/shot/image")
    made = camera(broker.port, start=False, backlog_images=2)
    for number in range(25):
        made.link.add_shot(kit.make_shot(f"{number:02d}"))
    made.start()
    kit.eventually(lambda: made.outbox.depth == 0)
    kit.eventually(lambda: len(seen.on(f"{ROOT}/shot")) == 25)
    assert [m["id"] for m in seen.json(f"{ROOT}/shot")] == [f"{n:02d}" for n in range(25)]
    assert [m.payload[-2:] for m in seen.on(f"{ROOT}/shot/image")] == [b"23", b"24"]


def test_no_more_shots_are_under_way_than_the_window_holds(broker, camera, kit):
    made = camera(broker.port, inflight=4, publish_images=False).wait_connected()
    time.sleep(0.2)
    broker.hang()
    for number in range(50):
        made.link.add_shot(kit.make_shot(str(number)))
    time.sleep(0.5)
    assert len(made.link._delivery._unconfirmed) == 4
    assert made.outbox.depth == 50
    broker.resume()
    kit.eventually(lambda: made.outbox.depth == 0)


def test_what_was_delivered_before_is_not_sent_again(broker, subscribe, camera, kit):
    """As when the album's index was rebuilt and it announces all its photos anew."""
    seen = subscribe(broker.port, f"{ROOT}/shot")
    made = camera(broker.port).wait_connected()
    for _ in range(3):
        for name in "abc":
            made.link.add_shot(kit.make_shot(name))
        kit.eventually(lambda: made.outbox.depth == 0)
    time.sleep(0.1)
    assert [m["id"] for m in seen.json(f"{ROOT}/shot")] == ["a", "b", "c"]
