"""How the connections to the broker went: what to say about it, when to try again."""

import logging
import time
from typing import Final

from device.config.mqtt import MqttSettings
from device.mqtt.backoff import Backoff
from device.mqtt.troubles import BrokerError, BrokerLostError, place

LOG = logging.getLogger(__name__)

STEADY_S: Final = 10.0
"""A connection that lasted so long was a good one: the next attempt is made soon."""
SUSPICIOUS_LIVES: Final = 3
"""So many shorter ones in a row are no accident."""


class ConnectionHistory:
    """Remembers just enough to say each trouble once and to pause long enough."""

    def __init__(self, settings: MqttSettings, client_id: str) -> None:
        self._place = place(settings)
        self._client_id = client_id
        self._backoff = Backoff(settings.reconnect_min_s, settings.reconnect_max_s)
        self._up_since_s: float | None = None
        self._short_lives = 0
        self._lasting = False
        self.error: str | None = None

    def succeeded(self) -> None:
        """The broker has said yes."""
        LOG.info("connected to the broker %s", self._place)
        self.error = None
        self._lasting = False
        self._up_since_s = time.monotonic()

    def failed(self, error: BrokerError) -> None:
        """There is no connection, or none any more; the log hears of it if it is news."""
        self._lasting = error.lasting
        text = self._explained(error)
        if text != self.error:
            LOG.error("%s; it is tried again, and shots wait in the outbox", text)
        self.error = text

    def pause_s(self) -> float:
        """Seconds until the next attempt."""
        return self._backoff.pause_s(lasting=self._lasting)

    def _explained(self, error: BrokerError) -> str:
        """The error, with a guess where the broker ends every connection soon after its yes."""
        up_since_s, self._up_since_s = self._up_since_s, None
        if up_since_s is None or not isinstance(error, BrokerLostError):
            return str(error)
        if time.monotonic() - up_since_s >= STEADY_S:
            self._backoff.reset()
            self._short_lives = 0
            return str(error)
        self._short_lives += 1
        if self._short_lives < SUSPICIOUS_LIVES or error.lasting:
            return str(error)
        return (
            f"{error}, and was so soon after each of the last times it was accepted; is another "
            f"client with the id {self._client_id!r} connected? Give every camera its own device.id"
        )
