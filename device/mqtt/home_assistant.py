"""What Home Assistant is told: one device with all its entities (MQTT device discovery).

Source of keys and rules: https://www.home-assistant.io/integrations/mqtt/ (device discovery, since
2024.11) and the pages of the platforms used here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from device.mqtt.message import Message
from device.mqtt.payloads import JSON_TYPE, encode_json
from device.mqtt.topics import Topics

DIAGNOSTIC: Final = "diagnostic"
CONFIG: Final = "config"
MAX_STATE_CHARACTERS: Final = 255
"""Home Assistant refuses longer states."""

Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Camera:
    """What the discovery message says of the camera beside its topics."""

    id: str
    name: str
    model: str
    version: str
    page: str | None = None


def discovery(topics: Topics, camera: Camera) -> dict[str, Any]:
    """The whole discovery message of one camera."""
    device: dict[str, Any] = {
        "identifiers": [f"printability_{camera.id}"],
        "name": camera.name,
        "manufacturer": "Printability",
        "model": camera.model,
        "sw_version": camera.version,
    }
    if camera.page is not None:
        device["configuration_url"] = camera.page
    components = {
        **_score_entities(topics),
        **_shot_entities(topics),
        **_controls(topics),
        **_diagnostics(topics),
    }
    for key, entity in components.items():
        entity["unique_id"] = f"printability_{camera.id}_{key}"
        entity["default_entity_id"] = f"{entity['platform']}.{_slug(camera.id)}_{key}"
        entity["qos"] = 1
        if "availability" not in entity:
            entity["availability_topic"] = topics.availability
    return {
        "device": device,
        "origin": {"name": "Printability camera", "sw_version": camera.version},
        "components": components,
    }


def discovery_message(topics: Topics, camera: Camera) -> Message:
    """The discovery message, retained."""
    return Message(
        topics.discovery,
        encode_json(discovery(topics, camera)),
        qos=1,
        retain=True,
        content_type=JSON_TYPE,
    )


def _slug(text: str) -> str:
    return text.lower().replace("-", "_")


def _sensor(name: str, topic: str, template: str, icon: str, **more: Any) -> Entity:
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": template,
        "icon": icon,
        **more,
    }


def _score_entities(topics: Topics) -> Mapping[str, Entity]:
    measured = {"state_class": "measurement"}
    points = {**measured, "unit_of_measurement": "points", "suggested_display_precision": 1}
    return {
        "score": _sensor(
            "Score", topics.score, "{{ (value_json.score * 10) | round(1) }}", "mdi:star", **points
        ),
        "expected_score": _sensor(
            "Expected score",
            topics.score,
            "{{ (value_json.expected_score * 10) | round(2) }}",
            "mdi:star-half-full",
            **points,
        ),
        "smile": _sensor(
            "Smile",
            topics.score,
            "{{ (value_json.smile * 100) | round(0) }}",
            "mdi:emoticon-happy-outline",
            unit_of_measurement="%",
            suggested_display_precision=0,
            **measured,
        ),
        "faces": _sensor(
            "Faces",
            topics.score,
            "{{ value_json.faces | length }}",
            "mdi:account-group",
            unit_of_measurement="faces",
            **measured,
        ),
        "smiling": _binary(topics.score, "Smiling", "smiling", "mdi:emoticon-happy"),
        "eyes_open": _binary(topics.score, "Eyes open", "eyes_open", "mdi:eye"),
    }


def _binary(topic: str, name: str, field: str, icon: str) -> Entity:
    return {
        "platform": "binary_sensor",
        "name": name,
        "state_topic": topic,
        "value_template": f"{{{{ 'ON' if value_json.{field} else 'OFF' }}}}",
        "payload_on": "ON",
        "payload_off": "OFF",
        "icon": icon,
    }


def _shot_entities(topics: Topics) -> Mapping[str, Entity]:
    return {
        "shots_today": _sensor(
            "Shots today",
            topics.state,
            "{{ value_json.shots.today }}",
            "mdi:camera-burst",
            unit_of_measurement="shots",
            state_class="total_increasing",
        ),
        "last_shot": {
            "platform": "image",
            "name": "Last shot",
            "image_topic": topics.image,
            "content_type": "image/jpeg",
            "icon": "mdi:image",
        },
        "shot": {
            "platform": "event",
            "name": "Shot",
            "state_topic": topics.shot,
            "event_types": ["score", "request"],
            "value_template": (
                "{{ {'event_type': value_json.cause, 'id': value_json.id, "
                "'file': value_json.file, 'time': value_json.time, "
                "'score': (value_json.rating.score * 10) | round(1), "
                "'faces': value_json.rating.faces | length} | to_json }}"
            ),
            "icon": "mdi:camera-iris",
        },
    }


def _controls(topics: Topics) -> Mapping[str, Entity]:
    return {
        "threshold": {
            "platform": "number",
            "name": "Threshold",
            "state_topic": topics.state,
            "value_template": "{{ (value_json.threshold * 10) | round(1) }}",
            "command_topic": topics.request("set"),
            "command_template": (
                '{"shutter.threshold": {{ (value / 10) | round(3) }}, "persist": true}'
            ),
            "min": 0,
            "max": 10,
            "step": 0.1,
            "mode": "slider",
            "unit_of_measurement": "points",
            "entity_category": CONFIG,
            "icon": "mdi:tune",
        },
        "armed": {
            "platform": "switch",
            "name": "Armed",
            "state_topic": topics.state,
            "value_template": "{{ 'OFF' if value_json.paused else 'ON' }}",
            "state_on": "ON",
            "state_off": "OFF",
            "command_topic": topics.request("armed"),
            "payload_on": '{"armed": true}',
            "payload_off": '{"armed": false}',
            "icon": "mdi:camera-timer",
        },
        "shoot": {
            "platform": "button",
            "name": "Shoot",
            "command_topic": topics.request("shoot"),
            "payload_press": "{}",
            "icon": "mdi:camera",
        },
        "restart_camera": {
            "platform": "button",
            "name": "Restart camera",
            "command_topic": topics.request("restart-camera"),
            "payload_press": "{}",
            "device_class": "restart",
            "entity_category": CONFIG,
            "icon": "mdi:restart",
        },
    }


def _diagnostics(topics: Topics) -> Mapping[str, Entity]:
    measured = {"state_class": "measurement", "entity_category": DIAGNOSTIC}
    return {
        "disk": _sensor(
            "Free disk",
            topics.state,
            "{{ value_json.disk.free_megabytes | round(0) }}",
            "mdi:harddisk",
            device_class="data_size",
            unit_of_measurement="MB",
            suggested_display_precision=0,
            **measured,
        ),
        "temperature": _sensor(
            "Temperature",
            topics.state,
            # "None" is Home Assistant's word for an unknown value: machines without a sensor.
            "{{ value_json.health.temperature_celsius }}",
            "mdi:thermometer",
            device_class="temperature",
            unit_of_measurement="°C",
            suggested_display_precision=1,
            **measured,
        ),
        "frame_rate": _sensor(
            "Frame rate",
            topics.state,
            "{{ value_json.frames.per_second | round(1) }}",
            "mdi:speedometer",
            unit_of_measurement="fps",
            suggested_display_precision=1,
            **measured,
        ),
        "last_error": _sensor(
            "Last error",
            topics.state,
            "{{ (value_json.last_error.text if value_json.last_error else 'none')"
            f"[:{MAX_STATE_CHARACTERS}] }}}}",
            "mdi:alert-circle-outline",
            entity_category=DIAGNOSTIC,
            # It must be readable when the camera is offline: that is when one asks for it.
            availability=[
                {"topic": topics.availability, "value_template": "online"},
            ],
        ),
    }
