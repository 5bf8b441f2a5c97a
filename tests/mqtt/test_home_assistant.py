"""Home Assistant's discovery: by its published rules, and every template against real payloads."""

import json
from pathlib import Path

import jinja2
import jsonschema
import pytest

from device.messages.rating import rating_to_json
from device.messages.shot import shot_to_json
from device.messages.state import ErrorState, HealthState, state_to_json
from device.mqtt.home_assistant import Camera, discovery
from device.mqtt.requests import parse_request
from device.mqtt.topics import Topics

RULES = json.loads(Path(__file__).with_name("home_assistant_discovery.schema.json").read_text())
TOPICS = Topics(
    "printability/booth-1", "homeassistant/device/booth-1/config", "homeassistant/status"
)
CAMERA = Camera("booth-1", "Photo booth", "imx708", "0.1.0", "http://booth-1.local:8080/")

ENTITIES = {
    "score": "sensor",
    "smile": "sensor",
    "faces": "sensor",
    "expected_score": "sensor",
    "shots_today": "sensor",
    "smiling": "binary_sensor",
    "eyes_open": "binary_sensor",
    "last_shot": "image",
    "shot": "event",
    "threshold": "number",
    "armed": "switch",
    "shoot": "button",
    "restart_camera": "button",
    "disk": "sensor",
    "temperature": "sensor",
    "frame_rate": "sensor",
    "last_error": "sensor",
}


@pytest.fixture
def message():
    return discovery(TOPICS, CAMERA)


@pytest.fixture
def components(message):
    return message["components"]


def render(template, **values):
    """As Home Assistant does: strict about what is missing, `to_json` among the filters."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.filters["to_json"] = json.dumps
    return environment.from_string(template).render(**values)


def shown(entity, payload):
    return render(entity["value_template"], value_json=payload)


def test_the_message_keeps_home_assistants_rules(message):
    jsonschema.Draft202012Validator.check_schema(RULES)
    jsonschema.validate(message, RULES)


@pytest.mark.parametrize(
    "damage",
    [
        lambda m: m["components"]["shot"].pop("event_types"),
        lambda m: m["components"]["score"].pop("unique_id"),
        lambda m: m["components"]["temperature"].update(unit_of_measurement="degrees"),
        lambda m: m["components"]["last_shot"].update(image_encoding="raw"),
        lambda m: m["components"]["shoot"].update(state_topic="a"),
        lambda m: m["components"]["score"].update(platform="camera"),
        lambda m: m["components"]["score"].update(state_topic="a/#"),
        lambda m: m["device"].pop("identifiers"),
        lambda m: m.pop("origin"),
    ],
)
def test_the_rules_notice_a_mistake(message, damage):
    damage(message)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(message, RULES)


def test_all_entities_are_there(components):
    assert {key: entity["platform"] for key, entity in components.items()} == ENTITIES


def test_every_entity_has_name_icon_id_and_availability(components):
    ids = [entity["unique_id"] for entity in components.values()]
    assert len(set(ids)) == len(ids)
    for key, entity in components.items():
        assert entity["name"]
        assert entity["icon"].startswith("mdi:")
        assert entity["unique_id"] == f"printability_booth-1_{key}"
        assert "availability_topic" in entity or "availability" in entity


def test_every_number_shown_has_a_unit(components):
    for key, entity in components.items():
        if entity["platform"] in ("sensor", "number") and key != "last_error":
            assert entity["unit_of_measurement"]


def test_diagnostics_are_marked_as_such(components):
    for key in ("disk", "temperature", "frame_rate", "last_error"):
        assert components[key]["entity_category"] == "diagnostic"


def test_only_topics_of_this_camera_are_named(components):
    published = {TOPICS.availability, TOPICS.score, TOPICS.shot, TOPICS.image, TOPICS.state}
    for entity in components.values():
        for key in ("state_topic", "image_topic", "availability_topic"):
            assert entity.get(key) in {None, *published}


def test_ratings_are_shown_as_people_read_them(components, kit):
    rating = rating_to_json(kit.make_rating(faces=2))
    values = {
        key: shown(components[key], rating)
        for key in ("score", "expected_score", "smile", "faces", "smiling", "eyes_open")
    }
    assert values == {
        "score": "10.0",
        "expected_score": "9.74",
        "smile": "100.0",
        "faces": "2",
        "smiling": "ON",
        "eyes_open": "ON",
    }
    nobody = rating_to_json(kit.make_rating(faces=0))
    assert shown(components["faces"], nobody) == "0"
    assert shown(components["smiling"], nobody) == "OFF"


def test_the_state_fills_its_entities(components, kit):
    state = state_to_json(kit.make_state())
    keys = ("shots_today", "threshold", "armed", "disk", "temperature", "frame_rate", "last_error")
    assert {key: shown(components[key], state) for key in keys} == {
        "shots_today": "2",
        "threshold": "8.5",
        "armed": "ON",
        "disk": "20000.0",
        "temperature": "51.5",
        "frame_rate": "14.9",
        "last_error": "none",
    }


def test_a_machine_without_thermometer_shows_unknown(components, kit):
    state = state_to_json(kit.make_state(health=HealthState(None, None, None, False)))
    # "None" is what Home Assistant takes for unknown.
    assert shown(components["temperature"], state) == "None"


def test_a_long_error_fits_into_a_state_and_stays_readable_offline(components, kit):
    state = state_to_json(
        kit.make_state(paused=True, last_error=ErrorState(kit.make_rating().time, "x" * 900))
    )
    assert shown(components["last_error"], state) == "x" * 255
    assert shown(components["armed"], state) == "OFF"
    (rule,) = components["last_error"]["availability"]
    assert render(rule["value_template"], value="offline") == "online"


@pytest.mark.parametrize("cause", ["score", "request"])
def test_a_shot_is_an_event_of_a_declared_type(components, kit, cause):
    entity = components["shot"]
    event = json.loads(shown(entity, shot_to_json(kit.make_shot("a", cause))))
    assert event["event_type"] == cause
    assert event["event_type"] in entity["event_types"]
    assert event["id"] == "a"
    assert event["score"] == 10.0


def test_every_command_is_a_request_that_the_camera_understands(components):
    threshold = components["threshold"]
    sent = {
        (entity["command_topic"], entity[key])
        for entity in components.values()
        for key in ("payload_on", "payload_off", "payload_press")
        if "command_topic" in entity and key in entity
    } | {(threshold["command_topic"], render(threshold["command_template"], value=7.3))}
    understood = {
        parse_request(TOPICS.request_name(topic), payload.encode()).name for topic, payload in sent
    }
    assert understood == {"shoot", "restart-camera", "pause", "resume", "set"}


def test_the_slider_sets_a_fraction_for_good(components):
    threshold = components["threshold"]
    payload = render(threshold["command_template"], value=7.3).encode()
    request = parse_request("set", payload)
    assert request.arguments == {"shutter.threshold": 0.73, "persist": True}
