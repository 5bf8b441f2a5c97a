"""What is published: each payload of the protocol as a message ready to send."""

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from device.messages import schema
from device.messages.rating import rating_to_json
from device.mqtt.message import Message
from device.mqtt.topics import Topics
from device.vision.rating import Rating

JSON_TYPE: Final = "application/json"
JPEG_TYPE: Final = "image/jpeg"
TEXT_TYPE: Final = "text/plain"
ONLINE: Final = b"online"
OFFLINE: Final = b"offline"
SCORE_EXPIRY_MIN_S: Final = 10
ANSWER_EXPIRY_S: Final = 60


def encode_json(data: Any) -> bytes:
    """The one JSON encoding of the protocol: compact, ASCII (so that any text survives).

    Raises:
        ValueError: a number is not finite.
        TypeError: a value has no JSON form.
    """
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode("ascii")


def availability_message(topics: Topics, *, online: bool) -> Message:
    """`online` or `offline`, retained."""
    return Message(
        topics.availability,
        ONLINE if online else OFFLINE,
        qos=1,
        retain=True,
        content_type=TEXT_TYPE,
    )


def score_message(topics: Topics, rating: Rating, interval_s: float) -> Message:
    """A rating, QoS 0; a broker drops it when a few intervals have passed undelivered."""
    return Message(
        topics.score,
        encode_json(rating_to_json(rating)),
        content_type=JSON_TYPE,
        expiry_s=max(SCORE_EXPIRY_MIN_S, math.ceil(3 * interval_s)),
    )


def shot_message(topics: Topics, event: str) -> Message:
    """A shot event (its JSON text as the outbox keeps it), QoS 1."""
    return Message(topics.shot, event.encode("ascii"), qos=1, content_type=JSON_TYPE)


def image_message(topics: Topics, shot_id: str, jpeg: bytes) -> Message:
    """The JPEG of a shot; under MQTT 5 the user property `id` says of which."""
    return Message(
        topics.image, jpeg, qos=1, content_type=JPEG_TYPE, user_properties=(("id", shot_id),)
    )


def state_message(topics: Topics, state: Mapping[str, Any]) -> Message:
    """The appliance's state, retained."""
    return Message(topics.state, encode_json(state), qos=1, retain=True, content_type=JSON_TYPE)


def schema_message(topics: Topics) -> Message:
    """The JSON Schemas of all payloads, retained."""
    return Message(
        topics.schema,
        encode_json(schema.bundle()),
        qos=1,
        retain=True,
        content_type="application/schema+json",
    )


def answer_message(
    topic: str, answer: Mapping[str, Any], correlation: bytes | None = None
) -> Message:
    """The answer to a request."""
    return Message(
        topic,
        encode_json(answer),
        qos=1,
        content_type=JSON_TYPE,
        expiry_s=ANSWER_EXPIRY_S,
        correlation=correlation,
    )


def cleared(topic: str) -> Message:
    """The empty retained message that makes the broker forget a topic."""
    return Message(topic, b"", qos=1, retain=True)
