"""The retained messages: sent at every connection, at Home Assistant's birth, and when lost."""

import logging
import random
from collections.abc import Callable
from typing import Final

from device.mqtt.connection import Connection
from device.mqtt.message import Incoming, Message, Subscription
from device.mqtt.topics import Topics

LOG = logging.getLogger(__name__)

BIRTH_SPREAD_S: Final = 1.0
"""Home Assistant asks devices not to answer its birth message all at the same moment."""
REPAIR_AFTER_S: Final = 1.0
"""So long after a retained message vanished it is sent again, once for a burst of losses."""
PROBE_INTERVAL_S: Final = 600.0
"""How often the broker is asked whether it still has the retained messages."""
PROBE_PATIENCE_S: Final = 5.0


class Announcements:
    """Knows when the retained messages are due again.  Used by one thread.

    The broker tells when somebody clears one (an empty message).  Whether it lost them silently is
    found out by subscribing to `availability` again: a broker then sends what it retains.
    """

    def __init__(
        self, topics: Topics, home_assistant: bool, messages: Callable[[], list[Message]]
    ) -> None:
        self._topics = topics
        self._home_assistant = home_assistant
        self._messages = messages
        self._due_s: float | None = None
        self._birth = False
        self._probe_s = 0.0
        self._probe_ends_s: float | None = None

    def begin(self, connection: Connection, now_s: float) -> None:
        """A new connection is up: subscribe, and send everything."""
        watched = [Subscription(self._topics.availability, own=True)]
        watched += [Subscription(self._topics.state), Subscription(self._topics.schema)]
        if self._home_assistant:
            watched += [Subscription(self._topics.discovery), Subscription(self._topics.birth)]
        connection.subscribe(watched)
        self.send(connection)
        self._due_s = None
        self._birth = False
        self._probe_s = now_s + PROBE_INTERVAL_S
        self._probe_ends_s = None

    def send(self, connection: Connection) -> None:
        """Publish every retained message."""
        for message in self._messages():
            connection.publish(message)

    def observe(self, message: Incoming, now_s: float) -> None:
        """Look at a message that came in, whichever it is."""
        if self._home_assistant and message.topic == self._topics.birth:
            if message.payload == b"online":
                LOG.info("Home Assistant is there: the camera announces itself again")
                self._birth = True
                self._schedule(now_s + random.uniform(0, BIRTH_SPREAD_S))
        elif message.topic in self._topics.retained and not message.payload:
            LOG.warning("the retained message on %s was cleared; it is sent again", message.topic)
            self._schedule(now_s + REPAIR_AFTER_S)
        elif message.topic == self._topics.availability and message.retained:
            self._probe_ends_s = None

    def work(self, connection: Connection, now_s: float) -> bool:
        """Send what is due; True when Home Assistant has just come (it wants the picture too)."""
        if now_s >= self._probe_s:
            self._probe_s = now_s + PROBE_INTERVAL_S
            self._probe_ends_s = now_s + PROBE_PATIENCE_S
            connection.subscribe([Subscription(self._topics.availability, own=True)])
        if self._probe_ends_s is not None and now_s >= self._probe_ends_s:
            self._probe_ends_s = None
            LOG.warning("the broker has lost the retained messages; they are sent again")
            self._schedule(now_s)
        if self._due_s is None or now_s < self._due_s:
            return False
        self._due_s = None
        born, self._birth = self._birth, False
        self.send(connection)
        return born

    @property
    def next_s(self) -> float:
        """When `work` has something to do (monotonic seconds)."""
        return min(
            when for when in (self._due_s, self._probe_ends_s, self._probe_s) if when is not None
        )

    def _schedule(self, when_s: float) -> None:
        self._due_s = when_s if self._due_s is None else min(self._due_s, when_s)
