"""Requests do what they say, or say why not; whatever they hold, nothing else happens."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config.loading import load_config
from device.daemon.requests import ApplianceRequests, RequestActions
from device.daemon.settings import LiveSettings
from device.messages.request import REQUEST_NAMES, RequestError
from device.messages.shot import ShotEvent
from device.vision.rating import rate

RATING = rate([], frame=1, time=datetime(2026, 1, 1, tzinfo=UTC))
SHOT = ShotEvent("id-1", RATING.time, "score", "x.jpg", 4, 4, 10, 1, RATING)


class Recorder:
    """Notes what was set in motion."""

    def __init__(self, folder, last=None):
        self.done = []
        self.settings = LiveSettings(load_config(None, [f"storage.folder={folder}"]))
        self.requests = ApplianceRequests(
            self.settings,
            RequestActions(
                shoot=lambda: self.done.append("shoot"),
                pause=lambda: self.done.append("pause"),
                resume=lambda: self.done.append("resume"),
                restart_camera=lambda: self.done.append("restart"),
                last_shot=lambda: last,
            ),
        )


@pytest.mark.parametrize(
    ("name", "answer", "done"),
    [
        ("shoot", {"accepted": True}, "shoot"),
        ("pause", {"paused": True}, "pause"),
        ("resume", {"paused": False}, "resume"),
        ("restart-camera", {"accepted": True}, "restart"),
    ],
)
def test_actions_are_set_in_motion(tmp_path, name, answer, done):
    recorder = Recorder(tmp_path)
    assert recorder.requests(name, {}) == answer
    assert recorder.done == [done]
    with pytest.raises(RequestError, match="takes no arguments"):
        recorder.requests(name, {"x": 1})


def test_the_last_shot_is_told(tmp_path):
    assert Recorder(tmp_path, SHOT).requests("last-shot", {})["shot"]["id"] == "id-1"
    assert Recorder(tmp_path).requests("last-shot", {}) == {"shot": None}


def test_a_setting_is_changed_and_shown(tmp_path):
    recorder = Recorder(tmp_path)
    answer = recorder.requests("set", {"shutter.threshold": 0.7})
    assert answer == {"changed": {"shutter.threshold": 0.7}, "persisted": False}
    shown = recorder.requests("get", {"keys": ["shutter.threshold"]})
    assert shown == {"settings": {"shutter.threshold": 0.7}}


def test_get_shows_every_live_setting_and_no_secret(tmp_path):
    shown = Recorder(tmp_path).requests("get", {})["settings"]
    assert "shutter.cooldown_s" in shown
    assert not any("password" in key or "token" in key for key in shown)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, "needs settings"),
        ({"persist": True}, "needs settings"),
        ({"shutter.threshold": 0.5, "persist": "yes"}, "persist must be"),
        ({"camera.source": "/dev/video9"}, "cannot be set while running"),
        ({"shutter.threshold": "high"}, "shutter.threshold"),
        ({"shutter.gone": 1}, "unknown key"),
        ({"shutter.threshold.deeper": 1}, "shutter.threshold"),
    ],
)
def test_what_cannot_be_set_is_refused_with_the_reason(tmp_path, arguments, reason):
    recorder = Recorder(tmp_path)
    before = recorder.settings.config
    with pytest.raises(RequestError, match=reason):
        recorder.requests("set", arguments)
    assert recorder.settings.config == before


@pytest.mark.parametrize(
    "arguments", [{"keys": "shutter.threshold"}, {"keys": [1]}, {"keys": ["no.such"]}, {"x": 1}]
)
def test_what_cannot_be_got_is_refused(tmp_path, arguments):
    with pytest.raises(RequestError):
        Recorder(tmp_path).requests("get", arguments)


def test_an_unknown_request_is_told_which_there_are(tmp_path):
    with pytest.raises(RequestError, match="last-shot"):
        Recorder(tmp_path).requests("explode", {})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=10), children, max_size=3)
    ),
    max_leaves=6,
)
keys = st.sampled_from(
    ["shutter.threshold", "shutter.hold_frames", "log.level", "persist", "keys", "camera.source"]
) | st.text(max_size=12)


@given(
    st.sampled_from(REQUEST_NAMES) | st.text(max_size=10),
    st.dictionaries(keys, json_values, max_size=4),
)
def test_no_request_leaves_anything_but_an_answer_or_a_reason(tmp_path_factory, name, arguments):
    recorder = Recorder(tmp_path_factory.getbasetemp())
    before = recorder.settings.config
    try:
        json.dumps(recorder.requests(name, arguments))
    except RequestError as error:
        assert str(error)
        assert recorder.settings.config == before
    after = recorder.settings.config.model_dump()
    for section in ("camera", "storage", "web", "device", "faces", "eyes"):
        assert after[section] == before.model_dump()[section]
