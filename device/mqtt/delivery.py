"""Shots from the outbox to the broker: a window of unconfirmed ones, done only when confirmed."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from paho.mqtt.reasoncodes import ReasonCode

from device.messages.shot import ShotEvent, shot_from_json
from device.mqtt.connection import Connection
from device.mqtt.outbox import Outbox, OutboxError, QueuedShot
from device.mqtt.payloads import image_message, shot_message
from device.mqtt.topics import Topics
from device.mqtt.troubles import HOPELESS_MESSAGES

LOG = logging.getLogger(__name__)

REFUSED_RETRY_S: Final = 30.0
"""Pause before shots are tried again on a connection whose broker refused one."""
IMAGE_CHANCES: Final = 2
"""Connections that may break while one picture is sent before the shot goes without it."""
PROPERTIES_ROOM_BYTES: Final = 256
"""Room left for a packet's header and properties beside topic and payload."""


@dataclass(frozen=True, slots=True)
class ImagePolicy:
    """Which shots get their JPEG published: of a backlog, only the newest `backlog`."""

    publish: bool
    backlog: int


class ShotDelivery:
    """Sends waiting shots oldest first, at most `window` unconfirmed at a time.

    A shot leaves the outbox only when the broker confirmed it with a success code.  A broker that
    refuses one (its access list) is left alone for `REFUSED_RETRY_S`, then everything unconfirmed
    is sent again in order.  Used by one thread.
    """

    def __init__(
        self,
        outbox: Outbox,
        topics: Topics,
        shot_image: Callable[[ShotEvent], bytes | None],
        window: int,
    ) -> None:
        self._outbox = outbox
        self._topics = topics
        self._shot_image = shot_image
        self._window = window
        self._unconfirmed: dict[int, str] = {}
        self._confirmed: list[str] = []
        self._images: dict[int, str] = {}
        self._broken_images: dict[str, int] = {}
        self._sent_up_to = 0
        self._resume_s: float | None = None
        self.trouble: str | None = None

    def begin(self) -> None:
        """A new connection is up: whatever was unconfirmed is sent again.

        A picture that was under way when the last connection broke gets one more chance only: a
        broker that ends the connection because the packet is too large would do so for ever.
        """
        oldest = next(iter(self._images.values()), None)
        if oldest is not None:
            self._broken_images[oldest] = self._broken_images.get(oldest, 0) + 1
            if self._broken_images[oldest] == IMAGE_CHANCES:
                LOG.warning(
                    "the connection broke %d times while the picture of shot %s was sent; the shot "
                    "is announced without it: the broker seems to limit the packet size, so lower "
                    "mqtt.image_width_px",
                    IMAGE_CHANCES,
                    oldest,
                )
        self._images.clear()
        self._unconfirmed.clear()
        self._sent_up_to = 0
        self._resume_s = None
        self.trouble = None

    def pump(self, connection: Connection, policy: ImagePolicy, now_s: float) -> None:
        """Send what the window has room for; settle what was confirmed.

        Raises:
            BrokerLostError: the connection has ended.
        """
        self._settle()
        if self._resume_s is not None:
            if now_s < self._resume_s or self._unconfirmed:
                return
            self._resume_s = None
            self._sent_up_to = 0
        room = self._window - len(self._unconfirmed)
        if room <= 0 or self._outbox.depth <= len(self._unconfirmed) or connection.congested:
            return
        try:
            shots = self._outbox.waiting(after=self._sent_up_to, limit=room)
        except OutboxError as error:
            self._pause(str(error), now_s)
            return
        behind = self._outbox.depth - len(self._unconfirmed)
        for place, shot in enumerate(shots):
            if self._too_large(shot, connection):
                continue
            if policy.publish and behind - place <= policy.backlog:
                self._send_image(connection, shot.id, shot.event)
            mid = connection.publish(shot_message(self._topics, shot.event))
            self._unconfirmed[mid] = shot.id
            self._sent_up_to = shot.sequence

    def send_latest_image(self, connection: Connection) -> None:
        """Publish the last delivered shot's picture again: who has just come has none.

        Raises:
            BrokerLostError: the connection has ended.
        """
        try:
            event = self._outbox.latest()
        except OutboxError as error:
            LOG.warning("%s", error)
            return
        if event is not None:
            self._send_image(connection, "", event)

    def confirmed(self, mid: int, reason: ReasonCode, now_s: float) -> bool:
        """The broker has answered for a message; True if that was a shot."""
        self._images.pop(mid, None)
        shot_id = self._unconfirmed.pop(mid, None)
        if shot_id is None:
            return False
        if not reason.is_failure:
            self._confirmed.append(shot_id)
            self._broken_images.pop(shot_id, None)
            if self._resume_s is None:
                self.trouble = None
        elif reason.value in HOPELESS_MESSAGES:
            self._give_up(shot_id, str(reason))
        else:
            self._pause(
                f"the broker refuses messages on {self._topics.shot} ({reason}); shots wait in the "
                "outbox; check the broker's access list",
                now_s,
            )
        return True

    def settle_before(self) -> None:
        """Write down what was confirmed: the connection is about to end."""
        self._settle()

    @property
    def idle(self) -> bool:
        """Whether nothing waits for the broker's confirmation."""
        return not self._unconfirmed

    @property
    def resume_s(self) -> float | None:
        """When a refused shot is tried again (monotonic seconds); None: nothing was refused."""
        return self._resume_s

    def _settle(self) -> None:
        if not self._confirmed:
            return
        try:
            self._outbox.mark_done(self._confirmed)
        except OutboxError as error:
            LOG.warning("%s; the last shots may be announced twice", error)
            return
        self._confirmed = []

    def _pause(self, trouble: str, now_s: float) -> None:
        if trouble != self.trouble:
            LOG.error("%s", trouble)
        self.trouble = trouble
        self._resume_s = now_s + REFUSED_RETRY_S

    def _too_large(self, shot: QueuedShot, connection: Connection) -> bool:
        limit = connection.max_packet_bytes
        if limit is None or self._packet_bytes(self._topics.shot, len(shot.event)) <= limit:
            return False
        self._give_up(shot.id, f"the broker takes no packet over {limit} bytes")
        return True

    @staticmethod
    def _packet_bytes(topic: str, payload_bytes: int) -> int:
        return len(topic.encode()) + payload_bytes + PROPERTIES_ROOM_BYTES

    def _give_up(self, shot_id: str, why: str) -> None:
        LOG.error("shot %s is not announced: %s", shot_id, why)
        try:
            self._outbox.drop(shot_id)
        except OutboxError as error:
            LOG.warning("%s", error)

    def _send_image(self, connection: Connection, shot_id: str, event: str) -> None:
        if self._broken_images.get(shot_id, 0) >= IMAGE_CHANCES or connection.congested:
            return
        try:
            shot = shot_from_json(json.loads(event))
            jpeg = self._shot_image(shot)
        except Exception:
            # A missing or broken picture must never keep its event back.
            LOG.exception("the picture of shot %s cannot be published", shot_id or "before")
            return
        if jpeg is None:
            return
        limit = connection.max_packet_bytes
        if limit is not None and self._packet_bytes(self._topics.image, len(jpeg)) > limit:
            LOG.warning(
                "the picture of shot %s has %d bytes, the broker takes %d; lower "
                "mqtt.image_width_px",
                shot.id,
                len(jpeg),
                limit,
            )
            return
        mid = connection.publish(image_message(self._topics, shot.id, jpeg))
        self._images[mid] = shot_id
