"""A short-lived client beside the camera's own: for `watch`, `forget` and `check`."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from paho.mqtt.reasoncodes import ReasonCode

from device.config.identity import IdentitySettings
from device.config.mqtt import MqttSettings
from device.mqtt.connection import Connection
from device.mqtt.message import Incoming
from device.mqtt.wakeup import Wakeup


@contextmanager
def visitor(
    settings: MqttSettings,
    identity: IdentitySettings,
    purpose: str,
    on_message: Callable[[Incoming], None],
    on_confirmed: Callable[[int, str, ReasonCode], None] = lambda _mid, _topic, _reason: None,
) -> Iterator[Connection]:
    """A connection under an id of its own, so that the camera's is not pushed out.

    Raises:
        BrokerError: there is no connection; the sentence says why.
    """
    wakeup = Wakeup()
    connection = Connection(
        settings,
        f"printability-{identity.id}-{purpose}-{secrets.token_hex(4)}",
        wakeup,
        on_message=on_message,
        on_confirmed=on_confirmed,
    )
    try:
        connection.open()
        yield connection
    finally:
        connection.close()
        wakeup.close()


def listen(
    connection: Connection, seconds: float, until: Callable[[], bool] = lambda: False
) -> None:
    """Serve the connection for a while, or until something has come.

    Raises:
        BrokerLostError: it has ended.
    """
    deadline_s = time.monotonic() + seconds
    while not until() and (left_s := deadline_s - time.monotonic()) > 0:
        connection.step(left_s)
