"""The broker's settings: contradictions are refused before they cost an evening."""

import pytest
from pydantic import ValidationError

from device.config.mqtt import MqttSettings


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"base_topic": "a/#"}, "no '+', '#'"),
        ({"base_topic": "/a"}, "no '+', '#'"),
        ({"home_assistant": {"discovery_prefix": "+"}}, "no '+', '#'"),
        ({"home_assistant": {"birth_topic": "homeassistant/#"}}, "no '+', '#'"),
        ({"tls": {"enabled": True, "certificate_file": "/c"}}, "go together"),
        ({"tls": {"ca_file": "/ca.pem"}}, "nothing would be encrypted"),
        ({"password": "file:/secret"}, "password is given without username"),
        ({"username": "booth", "password": "hunter2"}, "a secret is not written"),
        ({"reconnect_min_s": 90}, "reconnect_max_s (60) is smaller than reconnect_min_s (90)"),
        ({"protocol": "3.1"}, "5"),
        ({"port": 70000}, "65535"),
        ({"hots": "broker"}, "hots"),
    ],
)
def test_what_contradicts_itself_is_refused(settings, sentence):
    with pytest.raises(ValidationError) as caught:
        MqttSettings(**settings)
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value).replace("input_value='hunter2'", "")


def test_the_defaults_are_off_and_encrypt_nothing_silently():
    settings = MqttSettings()
    assert not settings.enabled
    assert settings.protocol == "5"
    assert not settings.tls.enabled
