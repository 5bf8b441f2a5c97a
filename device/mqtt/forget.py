"""Making the broker, and with it Home Assistant, forget a camera."""

from typing import Final

from paho.mqtt.reasoncodes import ReasonCode

from device.config.identity import IdentitySettings
from device.config.mqtt import MqttSettings
from device.mqtt.message import Incoming, Subscription
from device.mqtt.payloads import cleared
from device.mqtt.topics import Topics
from device.mqtt.troubles import BrokerError
from device.mqtt.visitor import listen, visitor

PATIENCE_S: Final = 5.0
COMES_BACK_WITHIN_S: Final = 2.5
"""A running camera sends a cleared message again after a second."""


class ForgetError(BrokerError):
    """The messages are still there, or there again; the sentence says why."""


def forget(settings: MqttSettings, identity: IdentitySettings) -> tuple[str, ...]:
    """Clear the camera's retained messages and return their topics.

    Removing the discovery message removes the device from Home Assistant.

    Raises:
        ForgetError: the broker refuses it, or the camera runs and has sent them again.
        BrokerError: there is no connection to the broker.
    """
    topics = Topics.of(settings, identity)
    waiting: set[str] = set()
    refused: list[str] = []
    back: set[str] = set()

    def confirmed(_mid: int, topic: str, reason: ReasonCode) -> None:
        waiting.discard(topic)
        if reason.is_failure:
            refused.append(f"{topic} ({reason})")

    def received(message: Incoming) -> None:
        if message.payload:
            back.add(message.topic)

    with visitor(settings, identity, "forget", received, confirmed) as connection:
        for topic in topics.retained:
            waiting.add(topic)
            connection.publish(cleared(topic))
        listen(connection, PATIENCE_S, until=lambda: not waiting)
        if waiting:
            raise ForgetError(f"the broker does not confirm: {', '.join(sorted(waiting))}")
        if refused:
            raise ForgetError(
                f"the broker refuses to clear {', '.join(refused)}; check its access list"
            )
        connection.subscribe([Subscription(topic) for topic in topics.retained])
        listen(connection, COMES_BACK_WITHIN_S)
    if back:
        raise ForgetError(
            f"{', '.join(sorted(back))} came back: the camera is still running; stop it "
            "(systemctl stop printability) and forget it then"
        )
    return topics.retained
