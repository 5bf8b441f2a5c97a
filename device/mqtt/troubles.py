"""What goes wrong between camera and broker, as sentences that say what to do."""

import socket
import ssl
from typing import Final

from paho.mqtt.reasoncodes import ReasonCode

from device.config.mqtt import MqttSettings

UNSUPPORTED_VERSION: Final = 0x84
BAD_CLIENT_ID: Final = 0x85
BAD_LOGIN: Final = 0x86
NOT_AUTHORIZED: Final = 0x87
SERVER_UNAVAILABLE: Final = 0x88
SERVER_BUSY: Final = 0x89
TAKEN_OVER: Final = 0x8E
PACKET_TOO_LARGE: Final = 0x95
PASSING_REFUSALS: Final = frozenset({SERVER_UNAVAILABLE, SERVER_BUSY, 0x97, 0x9F})
"""Refusals that pass by themselves: unavailable, busy, quota, connection rate."""
HOPELESS_MESSAGES: Final = frozenset({PACKET_TOO_LARGE, 0x99})
"""PUBACK reasons for which no retry can help: too large, payload format invalid."""


class BrokerError(ConnectionError):
    """There is no connection to the broker; the message says why and what to do.

    `lasting` tells that asking again soon cannot help: a setting has to change first.
    """

    def __init__(self, text: str, *, lasting: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting


class BrokerRefusedError(BrokerError):
    """The broker answered, and said no."""


class BrokerLostError(BrokerError):
    """A connection that was up has ended."""


def place(settings: MqttSettings) -> str:
    """The broker as people write it."""
    return f"{settings.host}:{settings.port}"


def refusal(reason: ReasonCode, settings: MqttSettings) -> BrokerRefusedError:
    """The error for a CONNACK that refuses."""
    where = place(settings)
    if reason.value in (BAD_LOGIN, NOT_AUTHORIZED):
        return BrokerRefusedError(
            f"the broker {where} refuses {_login(settings)} ({reason}); "
            "check mqtt.username, mqtt.password and the broker's own list of users",
            lasting=True,
        )
    if reason.value == UNSUPPORTED_VERSION:
        other = "3.1.1" if settings.protocol == "5" else "5"
        return BrokerRefusedError(
            f"the broker {where} does not speak MQTT {settings.protocol}; "
            f"set mqtt.protocol: '{other}'",
            lasting=True,
        )
    if reason.value == BAD_CLIENT_ID:
        return BrokerRefusedError(
            f"the broker {where} refuses the client id made from device.id ({reason})",
            lasting=True,
        )
    return BrokerRefusedError(
        f"the broker {where} refuses the connection: {reason}",
        lasting=reason.value not in PASSING_REFUSALS,
    )


def _login(settings: MqttSettings) -> str:
    if settings.username is None:
        return "a connection without user name (mqtt.username is not set)"
    if settings.password is None:
        return f"the user {settings.username!r} without password (mqtt.password is not set)"
    return f"the user {settings.username!r} with the password from {settings.password.reference}"


def unreachable(error: Exception, settings: MqttSettings) -> BrokerError:
    """The error for a connection that could not be made: name, network, TLS."""
    where = place(settings)
    if isinstance(error, socket.gaierror):
        return BrokerError(
            f"the broker's name {settings.host!r} cannot be looked up ({error.strerror}); "
            "check mqtt.host and the network's name server"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return BrokerError(
            f"the broker {where} shows a certificate that cannot be trusted: "
            f"{error.verify_message}; check mqtt.tls.ca_file and that mqtt.host is the name in "
            "the certificate",
            lasting=True,
        )
    if isinstance(error, ssl.SSLError):
        return BrokerError(
            f"no TLS with the broker {where}: {error.reason or error}; check that mqtt.port is "
            "its TLS port and mqtt.tls.certificate_file one that it accepts",
            lasting=True,
        )
    if isinstance(error, TimeoutError):
        return silent(settings)
    if isinstance(error, ConnectionRefusedError):
        return BrokerError(
            f"no broker listens at {where}; check that it runs and mqtt.host and mqtt.port"
        )
    return BrokerError(f"the broker {where} cannot be reached: {error}")


def silent(settings: MqttSettings) -> BrokerError:
    """The error for a broker that takes the connection and says nothing."""
    return BrokerError(
        f"the broker {place(settings)} does not answer within {settings.connect_timeout_s:g} s; "
        "check that an MQTT broker is what listens there, and whether it wants TLS"
    )


def unanswered(detail: str | None, settings: MqttSettings) -> BrokerError:
    """The error for a broker that hangs up on the greeting; `detail` is what the socket said.

    A client certificate that is missing or not trusted ends like this: under TLS 1.3 the broker
    checks it when the handshake is over for the client.
    """
    # Without TLS the detail says only whether the end came as an end or as a reset, by chance.
    shown = f" ({detail})" if detail is not None and settings.tls.enabled else ""
    advice = (
        "if it wants a client certificate, check that mqtt.tls.certificate_file is given and "
        "signed by an authority that it trusts"
        if settings.tls.enabled
        else "check that an MQTT broker is what listens there, and whether it wants TLS"
    )
    return BrokerError(
        f"the broker {place(settings)} ends the connection before it answers{shown}; {advice}",
        lasting=settings.tls.enabled,
    )


def loss(
    reason: ReasonCode | None, from_broker: bool, detail: str | None, settings: MqttSettings
) -> BrokerError:
    """The error for a connection that ended; `detail` is what the socket said last."""
    where = place(settings)
    if from_broker and reason is not None:
        if reason.value == TAKEN_OVER:
            return BrokerLostError(
                f"the broker {where} ended the connection because another client took the same "
                "client id; give every camera its own device.id",
                lasting=True,
            )
        return BrokerLostError(f"the broker {where} ended the connection: {reason}")
    return BrokerLostError(
        f"the connection to the broker {where} is lost{f' ({detail})' if detail else ''}"
    )
