"""One connection attempt, to tell whether the broker would have this camera."""

from device.config.identity import IdentitySettings
from device.config.mqtt import MqttSettings
from device.mqtt.connection import Connection
from device.mqtt.link import client_id
from device.mqtt.troubles import BrokerError
from device.mqtt.wakeup import Wakeup


def probe(settings: MqttSettings, identity: IdentitySettings) -> str | None:
    """Connect once and disconnect; None if the broker said yes, else a sentence saying why not.

    The client id differs from the running camera's, which would otherwise be thrown off.
    """
    wakeup = Wakeup()
    connection = Connection(
        settings,
        f"{client_id(identity)}-check",
        wakeup,
        on_message=lambda _message: None,
        on_confirmed=lambda _mid, _reason: None,
    )
    try:
        connection.open()
    except BrokerError as error:
        return str(error)
    finally:
        connection.close()
        wakeup.close()
    return None
