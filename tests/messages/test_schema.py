"""The published JSON Schemas fit what the code writes, and notice what it must not write."""

import json
from datetime import UTC, datetime

import jsonschema
import pytest
from referencing import Registry, Resource

from device.messages import schema
from device.messages.rating import rating_to_json
from device.messages.shot import ShotEvent, shot_to_json
from device.messages.state import (
    ApplianceState,
    BrokerState,
    CameraState,
    DiskState,
    ErrorState,
    FrameState,
    HealthState,
    ModelState,
    ShotState,
    state_to_json,
)
from device.vision.geometry import Box
from device.vision.rating import EyeReading, FaceReading, SmileReading, rate

NOW = datetime(2026, 11, 22, 20, 15, 0, 123_456, tzinfo=UTC)


def validate(name, data):
    registry = Registry().with_resources(
        [(schema.load(n)["$id"], Resource.from_contents(schema.load(n))) for n in schema.NAMES]
    )
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(
        schema.load(name), registry=registry, format_checker=checker
    ).validate(data)


def rating(eyes=("open", "closed", "unknown")):
    faces = [
        FaceReading(
            Box(0.4, 0.1, 0.2, 0.3),
            0.99,
            41.2,
            SmileReading((0.1, 0.2, 0.3, 0.4)),
            EyeReading(state, 2 if state == "open" else 0),
        )
        for state in eyes
    ]
    return rate(faces, frame=31, time=NOW)


def state(**changes):
    values = {
        "time": NOW,
        "version": "0.1.0",
        "id": "booth",
        "name": "Booth",
        "online": True,
        "reason": None,
        "camera": CameraState("picamera2", "imx708", "auto", True, 4608, 2592),
        "models": {"smile": ModelState("smile", "ab" * 32, "ai-edge-litert")},
        "frames": FrameState(31, 2, 14.9, 21.3),
        "shots": ShotState(3, 2, None),
        "disk": DiskState(1000.0, 500.0, 3),
        "health": HealthState(None, None, None, False),
        "broker": BrokerState(True, False, "no broker listens", 3),
        "threshold": 0.85,
        "paused": False,
        "waiting_for": "faces",
        "score_interval_s": 1.0,
        "memory_megabytes": 180.0,
        "uptime_s": 12.0,
    }
    return state_to_json(ApplianceState(**{**values, **changes}))


SHOT = ShotEvent("a", NOW, "score", "a.jpg", 4608, 2592, 1000, 5, rating(), ("a_2.jpg",))


@pytest.mark.parametrize("name", schema.NAMES)
def test_each_schema_is_a_schema(name):
    jsonschema.Draft202012Validator.check_schema(schema.load(name))


def test_an_unknown_schema_is_an_error():
    with pytest.raises(KeyError, match="there is no schema"):
        schema.load("../state")


def test_the_bundle_holds_all_and_its_references_resolve_inside_it():
    bundle = json.loads(json.dumps(schema.bundle()))
    assert set(bundle["$defs"]) == set(schema.NAMES)
    known = {part["$id"] for part in bundle["$defs"].values()}
    assert set(bundle["topics"].values()) == known
    wrapper = {**bundle, "$ref": "urn:printability:shot"}
    jsonschema.Draft202012Validator(wrapper).validate(shot_to_json(SHOT))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(wrapper).validate({"id": "a"})


@pytest.mark.parametrize("faces", [(), ("open",), ("open", "closed", "unknown")])
def test_ratings_fit(faces):
    validate("rating", rating_to_json(rating(faces)))


def test_shots_fit():
    validate("shot", shot_to_json(SHOT))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"online": False, "reason": "no frame for 5 s", "waiting_for": None},
        {"last_error": ErrorState(NOW, "no frame for 5 s"), "settings": {"a.b": 1}},
    ],
)
def test_states_fit(changes):
    validate("state", state(**changes))


@pytest.mark.parametrize(
    "data",
    [{}, {"transaction": 1}, {"shutter.threshold": 0.7, "persist": True}, {"keys": ["a.b"]}],
)
def test_requests_fit(data):
    validate("request", data)


@pytest.mark.parametrize(
    "data",
    [
        {"status": "ok", "data": {}},
        {"status": "ok", "data": {"changed": {}}, "transaction": "x"},
        {"status": "error", "error": "no"},
    ],
)
def test_responses_fit(data):
    validate("response", data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("rating", {**rating_to_json(rating()), "score": 1.2}),
        ("rating", {**rating_to_json(rating()), "score": None}),
        ("rating", {**rating_to_json(rating()), "time": "2026-11-22 20:15:00"}),
        ("rating", {**rating_to_json(rating()), "waiting_for": "godot"}),
        ("rating", {**rating_to_json(rating()), "extra": 1}),
        ("shot", {**shot_to_json(SHOT), "cause": "mood"}),
        ("shot", {**shot_to_json(SHOT), "id": ""}),
        ("state", {**state(), "threshold": 8.5}),
        ("state", {k: v for k, v in state().items() if k != "reason"}),
        ("request", {"shutter": 1}),
        ("request", {"shutter.threshold": []}),
        ("response", {"status": "ok"}),
        ("response", {"status": "ok", "data": {}, "error": "both"}),
        ("availability", "gone"),
    ],
)
def test_what_is_wrong_is_noticed(name, data):
    with pytest.raises(jsonschema.ValidationError):
        validate(name, data)
