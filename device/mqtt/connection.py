"""One connection to the broker, from the TCP handshake to the last packet; used by one thread.

A new paho client for every attempt: paho keeps unconfirmed messages in memory and resends them
out of order with what the outbox sends, and a client without a past cannot take a refusal for a
connection.  paho runs here as its documentation describes for an external event loop.
"""

import logging
import select
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from device.config.mqtt import MqttSettings
from device.config.secret import SecretUnavailableError
from device.mqtt.message import Incoming, Message, Subscription
from device.mqtt.properties import message_properties
from device.mqtt.tls import tls_context
from device.mqtt.troubles import BrokerError, loss, place, refusal, silent, unanswered, unreachable
from device.mqtt.wakeup import Wakeup

LOG = logging.getLogger(__name__)

MAX_INCOMING_BYTES: Final = 1 << 20
"""Asked of an MQTT 5 broker: larger packets are not delivered, so memory stays bounded."""
MAX_QUEUED: Final = 200
"""Messages paho may hold beside those in flight; the parts above stay far below it."""
DEFAULT_RECEIVE_MAXIMUM: Final = 65_535
KEEP_ALIVE_LOOKS: Final = 4
"""How often in one keep-alive time the connection is looked after."""
TURN_S: Final = 0.5
"""Longest wait inside one turn while connecting, so that a stop is noticed."""


class Connection:
    """A connection that is being made, is up, or has failed; never used again after it failed.

    `on_message` and `on_confirmed` (message id, topic, PUBACK reason; QoS 1 only) run on the thread
    that calls `step`.
    """

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        wakeup: Wakeup,
        *,
        on_message: Callable[[Incoming], None],
        on_confirmed: Callable[[int, str, ReasonCode], None],
        will: Message | None = None,
    ) -> None:
        self._settings = settings
        self._wakeup = wakeup
        self._on_message = on_message
        self._on_confirmed = on_confirmed
        self._five = settings.protocol == "5"
        self._answer: ReasonCode | None = None
        self._ended: BrokerError | None = None
        self._detail: str | None = None
        self._filters: dict[int, list[str]] = {}
        self._unconfirmed: dict[int, str] = {}
        self.max_packet_bytes: int | None = None
        self.receive_maximum = DEFAULT_RECEIVE_MAXIMUM
        self._client = self._new_client(client_id)
        if will is not None:
            self._client.will_set(
                will.topic,
                will.payload,
                will.qos,
                will.retain,
                message_properties(will, will=True) if self._five else None,
            )

    def open(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Connect and wait for the broker's yes.

        Raises:
            BrokerError: there is no connection; the sentence says why.
        """
        try:
            self._authenticate()
            if self._five:
                properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
                properties.MaximumPacketSize = MAX_INCOMING_BYTES
                self._client.connect(
                    self._settings.host,
                    self._settings.port,
                    self._settings.keepalive_s,
                    clean_start=True,
                    properties=properties,
                )
            else:
                self._client.connect(
                    self._settings.host, self._settings.port, self._settings.keepalive_s
                )
        except BrokerError:
            raise
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            self.close()
            raise unreachable(error, self._settings) from error
        deadline_s = time.monotonic() + self._settings.connect_timeout_s
        try:
            self._await_answer(deadline_s, stopping)
        except BrokerError:
            self.close()
            raise

    def subscribe(self, subscriptions: Sequence[Subscription]) -> None:
        """Ask for messages; a refusal is logged when the broker answers."""
        filters: list[tuple[str, Any]] = [
            (
                wanted.filter,
                SubscribeOptions(
                    qos=wanted.qos,
                    noLocal=not wanted.own,
                    retainHandling=(
                        SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
                        if wanted.kept
                        else SubscribeOptions.RETAIN_DO_NOT_SEND
                    ),
                )
                if self._five
                else wanted.qos,
            )
            for wanted in subscriptions
        ]
        _, mid = self._client.subscribe(filters)
        if mid is not None:
            self._filters[mid] = [wanted.filter for wanted in subscriptions]

    def publish(self, message: Message) -> int:
        """Hand a message to the network; its id is what `on_confirmed` gets for QoS 1.

        Raises:
            BrokerLostError: the connection has ended.
        """
        info = self._client.publish(
            message.topic,
            message.payload,
            message.qos,
            message.retain,
            message_properties(message) if self._five else None,
        )
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._fail_if_ended()
            raise loss(None, False, paho.error_string(info.rc), self._settings)
        if message.qos > 0:
            self._unconfirmed[info.mid] = message.topic
        return info.mid

    @property
    def unconfirmed(self) -> int:
        """How many messages wait for the broker's confirmation."""
        return len(self._unconfirmed)

    @property
    def congested(self) -> bool:
        """Whether packets wait because the network does not take them."""
        return self._client.want_write()

    def step(self, timeout_s: float) -> None:
        """Wait for the network or a wake-up, at most so long, and do what has to be done.

        Raises:
            BrokerLostError: the connection has ended.
        """
        # paho looks at its keep-alive only when it is called.
        self._turn(min(timeout_s, self._client.keepalive / KEEP_ALIVE_LOOKS))
        self._fail_if_ended()

    def close(self) -> None:
        """End the connection in good order if it is up; the last will is then not sent."""
        if self._client.is_connected():
            self._client.disconnect()
            deadline_s = time.monotonic() + 1.0
            while self._client.socket() is not None and time.monotonic() < deadline_s:
                self._turn(0.05)
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _new_client(self, client_id: str) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if self._five else True,
            protocol=MQTTProtocolVersion.MQTTv5 if self._five else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = self._settings.connect_timeout_s
        client.max_inflight_messages_set(self._settings.inflight)
        client.max_queued_messages_set(self._settings.inflight + MAX_QUEUED)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        client.on_publish = self._published
        client.on_subscribe = self._subscribed
        client.on_log = self._logged
        return client

    def _authenticate(self) -> None:
        settings = self._settings
        if settings.username is not None:
            try:
                password = None if settings.password is None else settings.password.reveal()
            except SecretUnavailableError as error:
                raise BrokerError(f"mqtt.password: {error}", lasting=True) from error
            self._client.username_pw_set(settings.username, password)
        if settings.tls.enabled:
            self._client.tls_set_context(tls_context(settings))

    def _await_answer(self, deadline_s: float, stopping: Callable[[], bool]) -> None:
        while self._answer is None:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise silent(self._settings)
            if stopping():
                raise BrokerError("the connection is not wanted any more")
            self._turn(min(left_s, TURN_S))
            if self._answer is None and self._client.socket() is None:
                raise unanswered(self._detail, self._settings)
        if self._answer.is_failure:
            raise refusal(self._answer, self._settings)
        if self.receive_maximum < self._settings.inflight:
            raise BrokerError(
                f"the broker {place(self._settings)} allows {self.receive_maximum} unconfirmed "
                f"messages, mqtt.inflight is {self._settings.inflight}; set it to "
                f"{self.receive_maximum} or less",
                lasting=True,
            )

    def _turn(self, timeout_s: float) -> None:
        sock = self._client.socket()
        if sock is None:
            return
        # TLS may have decrypted more than was read: the socket would not tell.
        pending = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        poll = select.poll()
        wanted = select.POLLIN | (select.POLLOUT if self._client.want_write() else 0)
        poll.register(sock.fileno(), wanted)
        poll.register(self._wakeup.fileno(), select.POLLIN)
        events = dict(poll.poll(0 if pending else max(0.0, timeout_s) * 1000))
        if self._wakeup.fileno() in events:
            self._wakeup.clear()
        ready = events.get(sock.fileno(), 0)
        if pending or ready & ~select.POLLOUT:
            self._client.loop_read()
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()

    def _fail_if_ended(self) -> None:
        if self._ended is not None:
            raise self._ended
        if self._client.socket() is None:
            raise loss(None, False, self._detail, self._settings)

    def _connected(
        self,
        _client: paho.Client,
        _data: Any,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self.receive_maximum = getattr(properties, "ReceiveMaximum", DEFAULT_RECEIVE_MAXIMUM)
        self.max_packet_bytes = getattr(properties, "MaximumPacketSize", None)
        self._answer = reason

    def _disconnected(
        self,
        _client: paho.Client,
        _data: Any,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._ended is None:
            self._ended = loss(
                reason, flags.is_disconnect_packet_from_server, self._detail, self._settings
            )

    def _received(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        properties = message.properties
        try:
            topic = message.topic
        except UnicodeDecodeError:
            LOG.warning("a message on a topic that is not UTF-8 was ignored")
            return
        self._on_message(
            Incoming(
                topic,
                bytes(message.payload),
                retained=message.retain,
                response_topic=getattr(properties, "ResponseTopic", None),
                correlation=getattr(properties, "CorrelationData", None),
            )
        )

    def _published(
        self,
        _client: paho.Client,
        _data: Any,
        mid: int,
        reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        topic = self._unconfirmed.pop(mid, None)
        if topic is not None:
            self._on_confirmed(mid, topic, reason)

    def _subscribed(
        self,
        _client: paho.Client,
        _data: Any,
        mid: int,
        reasons: list[ReasonCode],
        _properties: Properties,
    ) -> None:
        for name, reason in zip(self._filters.pop(mid, []), reasons, strict=False):
            if reason.is_failure:
                LOG.warning(
                    "the broker refuses the subscription to %s (%s): what is sent there does not "
                    "arrive; check its access list",
                    name,
                    reason,
                )

    def _logged(self, _client: paho.Client, _data: Any, level: int, text: str) -> None:
        # The first complaint is the cause; what follows is that the socket is closed.
        if level == LogLevel.MQTT_LOG_ERR and self._detail is None:
            self._detail = text.removeprefix("failed to receive on socket: ")
        LOG.debug("paho: %s", text)
