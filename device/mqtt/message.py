"""A message on its way out or in, free of any client library."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish.

    `content_type`, `expiry_s`, `correlation` and `user_properties` are MQTT 5 properties; a 3.1.1
    connection leaves them out.  `expiry_s`: whole seconds after which the broker drops a message
    that it could not deliver.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    content_type: str | None = None
    expiry_s: int | None = None
    correlation: bytes | None = None
    user_properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message received; `response_topic` and `correlation` only under MQTT 5."""

    topic: str
    payload: bytes
    retained: bool
    response_topic: str | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One topic filter to subscribe to.

    Under MQTT 5 `own` says whether this client's own messages come back and `kept` whether
    retained ones are delivered at once; MQTT 3.1.1 does both always.
    """

    filter: str
    qos: int = 1
    own: bool = False
    kept: bool = True
