"""The camera's link to the broker: what the daemon calls, and the one thread that serves it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from paho.mqtt.reasoncodes import ReasonCode

from device import __version__
from device.config.identity import IdentitySettings
from device.config.mqtt import MqttSettings
from device.messages.request import RequestHandler
from device.messages.shot import ShotEvent
from device.messages.state import BrokerState
from device.mqtt.announcements import Announcements
from device.mqtt.connection import Connection
from device.mqtt.delivery import ImagePolicy, ShotDelivery
from device.mqtt.history import ConnectionHistory
from device.mqtt.home_assistant import Camera, discovery_message
from device.mqtt.message import Incoming, Message, Subscription
from device.mqtt.outbox import Outbox
from device.mqtt.payloads import (
    availability_message,
    schema_message,
    score_message,
    state_message,
)
from device.mqtt.requests import RequestDesk
from device.mqtt.scores import ScoreGate
from device.mqtt.topics import Topics
from device.mqtt.troubles import BrokerError, place
from device.mqtt.wakeup import Wakeup
from device.vision.rating import Rating

LOG = logging.getLogger(__name__)

STATE_SPACING_S: Final = 0.2
"""States asked for in quick succession are published as one."""
MAX_ANSWERS: Final = 1000
"""Answers that wait for the network; the oldest go first."""
MAX_ANSWERS_UNDER_WAY: Final = 50
"""Unconfirmed messages above which answers wait: requests may come faster than they are read."""
FAREWELL_S: Final = 2.0
"""Longest wait at the end for the broker to confirm what is under way."""


def client_id(identity: IdentitySettings) -> str:
    """The MQTT client id of a camera."""
    return f"printability-{identity.id}"


class MqttLink:
    """Publishes scores, shots and state; answers requests; never holds the frame loop up.

    One thread of its own talks to the broker and reconnects; another carries requests out.  The
    methods may be called from any thread; none waits for the network.
    """

    def __init__(
        self,
        settings: MqttSettings,
        identity: IdentitySettings,
        outbox: Outbox,
        requests: RequestHandler,
        shot_image: Callable[[ShotEvent], bytes | None],
        state: Callable[[], dict[str, Any]],
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._outbox = outbox
        self._state = state
        self._topics = Topics.of(settings, identity)
        self._wakeup = Wakeup()
        self._gate = ScoreGate(settings.score_interval_s, settings.score_min_change)
        self._history = ConnectionHistory(settings, client_id(identity))
        self._delivery = ShotDelivery(outbox, self._topics, shot_image, settings.inflight)
        self._announcements = Announcements(
            self._topics, settings.home_assistant.enabled, self._retained_messages
        )
        self._desk = RequestDesk(self._topics, requests, self._send_soon, self.publish_state_soon)
        self._answers: deque[Message] = deque(maxlen=MAX_ANSWERS)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._stopping = False
        self._connected = False
        self._online = False
        self._reason: str | None = "the camera has not started yet"
        self._availability_due = False
        self._score: Rating | None = None
        self._state_wanted = False
        self._state_due_s = 0.0
        self._announced: Camera | None = None
        self._farewell: set[int] = set()
        self._refused: set[str] = set()

    def start(self) -> None:
        """Start the threads; returns at once, whether the broker is there or not."""
        if self._settings.enabled:
            self._warn_of_open_password()
            self._desk.start()
            self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Say `offline`, wait a little for what is under way, and stop both threads."""
        self._stopping = True
        self._wakeup.set()
        if self._thread.ident is not None:
            deadline_s = time.monotonic() + timeout_s
            self._thread.join(timeout_s)
            self._desk.stop(max(0.0, deadline_s - time.monotonic()))
            if self._thread.is_alive():
                # It hangs in a name lookup or a handshake, which nothing can interrupt; the
                # thread is a daemon and the broker sends the last will.
                LOG.warning("the link to the broker did not stop within %g s", timeout_s)
                return
        self._wakeup.close()

    def update(self, settings: MqttSettings) -> None:
        """Take over the settings that can change while running: rates, images."""
        self._settings = settings
        self._gate.interval_s = settings.score_interval_s
        self._gate.min_change = settings.score_min_change
        self.publish_state_soon()

    def set_available(self, online: bool, reason: str | None) -> None:
        """Say whether frames are being analysed, and if not, why not."""
        if online == self._online and reason == self._reason:
            return
        self._online, self._reason = online, reason
        self._availability_due = True
        self._wakeup.set()

    def publish_score(self, rating: Rating) -> None:
        """Offer a rating; called once a frame, so it returns at once when none is due."""
        if not self._connected or not self._gate.passes(rating, time.monotonic()):
            return
        self._score = rating
        self._wakeup.set()

    def add_shot(self, event: ShotEvent) -> None:
        """Take a shot into the outbox; it is on the disk when this returns.

        Raises:
            OutboxError: it could not be written; the event is not lost as long as the caller
                keeps it and adds it again.
        """
        if not self._settings.enabled:
            return
        dropped = self._outbox.dropped
        self._outbox.add(event)
        if self._outbox.dropped > dropped:
            LOG.warning(
                "the outbox is full (mqtt.outbox_events: %d): the oldest shot was dropped, %d so "
                "far",
                self._settings.outbox_events,
                self._outbox.dropped,
            )
        self._wakeup.set()

    def publish_state_soon(self) -> None:
        """Publish `state` without waiting for its interval."""
        self._state_wanted = True
        self._wakeup.set()

    def status(self) -> BrokerState:
        """The connection as `state` reports it."""
        error = self._history.error or self._delivery.trouble
        return BrokerState(
            enabled=self._settings.enabled,
            connected=self._connected,
            error=error,
            queued_shots=self._outbox.depth,
            dropped_shots=self._outbox.dropped,
        )

    def _warn_of_open_password(self) -> None:
        settings = self._settings
        local = settings.host in ("localhost", "127.0.0.1", "::1")
        if settings.password is not None and not settings.tls.enabled and not local:
            LOG.warning(
                "the password goes to the broker %s unencrypted: anybody on the network can read "
                "it; set mqtt.tls.enabled if the broker speaks TLS",
                place(settings),
            )

    # From here on: the thread "mqtt".

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._connect_and_serve()
            except BrokerError as error:
                self._history.failed(error)
            except Exception as error:
                # Whatever it is, a camera without its broker for a month is worse.
                LOG.exception("the link to the broker failed")
                self._history.failed(BrokerError(f"internal error: {error!r}"))
            self._connected = False
            self._wait(self._history.pause_s())
        self._connected = False

    def _connect_and_serve(self) -> None:
        connection = Connection(
            self._settings,
            client_id(self._identity),
            self._wakeup,
            on_message=self._received,
            on_confirmed=self._confirmed,
            will=availability_message(self._topics, online=False),
        )
        connection.open(lambda: self._stopping)
        try:
            self._begin(connection)
            while not self._stopping:
                self._work(connection, time.monotonic())
                connection.step(self._patience_s(time.monotonic()))
            self._say_goodbye(connection)
        finally:
            self._delivery.settle_before()
            connection.close()

    def _begin(self, connection: Connection) -> None:
        self._history.succeeded()
        self._refused.clear()
        connection.subscribe([Subscription(self._topics.all_requests, own=True, kept=False)])
        self._delivery.begin()
        self._gate.reset()
        self._announcements.begin(connection, time.monotonic())
        self._connected = True
        # The state just sent still said that there is no connection.
        self._state_due_s = time.monotonic()

    def _work(self, connection: Connection, now_s: float) -> None:
        if self._availability_due:
            self._availability_due = False
            self._announce_changed_camera(connection)
            connection.publish(availability_message(self._topics, online=self._online))
            self._state_due_s = now_s
        if self._state_wanted:
            self._state_wanted = False
            self._state_due_s = min(self._state_due_s, now_s + STATE_SPACING_S)
        while self._answers and connection.unconfirmed < MAX_ANSWERS_UNDER_WAY:
            connection.publish(self._answers.popleft())
        rating, self._score = self._score, None
        if rating is not None and not connection.congested:
            connection.publish(score_message(self._topics, rating, self._settings.score_interval_s))
        images = ImagePolicy(self._settings.publish_images, self._settings.backlog_images)
        self._delivery.pump(connection, images, now_s)
        if self._announcements.work(connection, now_s) and images.publish:
            self._delivery.send_latest_image(connection)
        if now_s >= self._state_due_s:
            self._state_due_s = now_s + self._settings.state_interval_s
            connection.publish(self._state_now())

    def _patience_s(self, now_s: float) -> float:
        moments = [self._state_due_s, self._announcements.next_s]
        if self._delivery.resume_s is not None:
            moments.append(self._delivery.resume_s)
        return max(0.0, min(moments) - now_s)

    def _say_goodbye(self, connection: Connection) -> None:
        self._delivery.settle_before()
        self._online, self._reason = False, self._reason or "stopped"
        self._farewell = {
            connection.publish(self._state_now()),
            connection.publish(availability_message(self._topics, online=False)),
        }
        deadline_s = time.monotonic() + FAREWELL_S
        while time.monotonic() < deadline_s and not (self._delivery.idle and not self._farewell):
            connection.step(0.05)

    def _retained_messages(self) -> list[Message]:
        messages = [schema_message(self._topics)]
        if self._settings.home_assistant.enabled:
            messages.append(self._discovery())
        messages.append(self._state_now())
        messages.append(availability_message(self._topics, online=self._online))
        return messages

    def _announce_changed_camera(self, connection: Connection) -> None:
        """Home Assistant shows the camera's model, which is known only once it has opened."""
        if self._settings.home_assistant.enabled and self._camera() != self._announced:
            connection.publish(self._discovery())

    def _discovery(self) -> Message:
        self._announced = self._camera()
        return discovery_message(self._topics, self._announced)

    def _camera(self) -> Camera:
        camera = self._state().get("camera", {})
        model = camera.get("model") if isinstance(camera, dict) else None
        return Camera(
            id=self._identity.id,
            name=self._identity.name,
            model=str(model or "Printability camera"),
            version=__version__,
        )

    def _state_now(self) -> Message:
        """The state, which never contradicts the availability just published."""
        state = dict(self._state())
        state["online"] = self._online
        state["reason"] = None if self._online else self._reason or state.get("reason")
        return state_message(self._topics, state)

    def _received(self, message: Incoming) -> None:
        self._announcements.observe(message, time.monotonic())
        self._desk.take(message)

    def _confirmed(self, mid: int, topic: str, reason: ReasonCode) -> None:
        self._farewell.discard(mid)
        of_a_shot = self._delivery.confirmed(mid, reason, time.monotonic())
        if reason.is_failure and not of_a_shot and topic not in self._refused:
            self._refused.add(topic)
            LOG.warning(
                "the broker refuses messages on %s (%s); check its access list", topic, reason
            )

    def _send_soon(self, message: Message) -> None:
        self._answers.append(message)
        self._wakeup.set()

    def _wait(self, pause_s: float) -> None:
        deadline_s = time.monotonic() + pause_s
        while not self._stopping and (left_s := deadline_s - time.monotonic()) > 0:
            self._wakeup.wait(left_s)
