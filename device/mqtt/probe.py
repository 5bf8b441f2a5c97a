"""One connection attempt, to tell whether the broker would have this camera."""

from device.config.identity import IdentitySettings
from device.config.mqtt import MqttSettings
from device.mqtt.troubles import BrokerError
from device.mqtt.visitor import visitor


def probe(settings: MqttSettings, identity: IdentitySettings) -> str | None:
    """Connect once and disconnect; None if the broker said yes, else a sentence saying why not.

    A camera that runs is not disturbed.
    """
    try:
        with visitor(settings, identity, "check", lambda _message: None):
            return None
    except BrokerError as error:
        return str(error)
