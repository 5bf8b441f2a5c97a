"""A live, readable view of one camera's topics: for `printability mqtt watch`."""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TextIO

from device.config.identity import IdentitySettings
from device.config.mqtt import MqttSettings
from device.mqtt.backoff import Backoff
from device.mqtt.message import Incoming, Subscription
from device.mqtt.topics import Topics
from device.mqtt.troubles import BrokerError, place
from device.mqtt.visitor import visitor

LONGEST_VALUE: Final = 300


def watch(
    settings: MqttSettings,
    identity: IdentitySettings,
    out: TextIO,
    stop: threading.Event | None = None,
) -> None:
    """Print the camera's messages as they come, until `stop` is set or the caller is interrupted.

    A broker that goes away is waited for; one that refuses is an error.

    Raises:
        BrokerError: the broker refuses this configuration.
    """
    stopping = threading.Event() if stop is None else stop
    topics = Topics.of(settings, identity)
    backoff = Backoff(settings.reconnect_min_s, settings.reconnect_max_s)

    def say(text: str) -> None:
        out.write(f"{datetime.now().astimezone():%H:%M:%S} {text}\n")
        out.flush()

    def received(message: Incoming) -> None:
        say(describe(message, topics))

    while not stopping.is_set():
        try:
            with visitor(settings, identity, "watch", received) as connection:
                say(f"watching {topics.root}/# on {place(settings)}; Ctrl-C ends it")
                connection.subscribe([Subscription(f"{topics.root}/#", own=True)])
                while not stopping.is_set():
                    connection.step(0.5)
        except BrokerError as error:
            if error.lasting:
                raise
            say(str(error))
            stopping.wait(backoff.pause_s(lasting=False))


def describe(message: Incoming, topics: Topics) -> str:
    """One message as one line."""
    tail = message.topic.removeprefix(topics.root + "/")
    if not message.payload:
        return f"{tail:<14} {'(cleared)' if message.topic in topics.retained else '(empty)'}"
    if message.topic == topics.image:
        return f"{tail:<14} JPEG, {len(message.payload) / 1000:.0f} kB"
    if message.topic == topics.schema:
        return f"{tail:<14} JSON Schemas, {len(message.payload) / 1000:.0f} kB"
    try:
        data = json.loads(message.payload)
    except (ValueError, RecursionError):
        return f"{tail:<14} {_shortened(ascii(message.payload.decode('utf-8', 'replace'))[1:-1])}"
    describer = DESCRIBERS.get(tail)
    if describer is not None and isinstance(data, dict):
        try:
            return f"{tail:<14} {describer(data)}"
        except (KeyError, TypeError, ValueError, AttributeError):
            pass  # another program's message on the camera's topic: shown as it is
    return f"{tail:<14} {_shortened(json.dumps(data))}"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _score(rating: Mapping[str, Any]) -> str:
    faces = len(rating["faces"])
    parts = [
        f"{10 * rating['score']:4.1f}",
        f"(expected {10 * rating['expected_score']:.2f})",
        f"{faces} face{'' if faces == 1 else 's'}",
        "smiling" if rating["smiling"] else "not smiling",
        "eyes open" if rating["eyes_open"] else "eyes not open",
    ]
    if rating["waiting_for"] is not None:
        parts.append(f"waiting for {ascii(rating['waiting_for'])[1:-1]}")
    return ", ".join(parts)


def _shot(shot: Mapping[str, Any]) -> str:
    return (
        f"{ascii(shot['file'])[1:-1]}: {10 * shot['rating']['score']:.1f}, the best of "
        f"{shot['candidates']} frames, {shot['width_px']} x {shot['height_px']} px, "
        f"{shot['bytes'] / 1000:.0f} kB, cause {ascii(shot['cause'])[1:-1]}, "
        f"id {ascii(shot['id'])[1:-1]}"
    )


def _state(state: Mapping[str, Any]) -> str:
    online = "online" if state["online"] else f"offline: {ascii(str(state['reason']))[1:-1]}"
    temperature = state["health"]["temperature_celsius"]
    parts = [
        online,
        "paused" if state["paused"] else "armed",
        f"threshold {10 * state['threshold']:.1f}",
        f"{state['frames']['per_second']:.1f} frames/s",
        f"{state['shots']['today']} shots today",
        f"{state['broker']['queued_shots']} queued",
        f"{state['disk']['free_megabytes']:.0f} MB free",
    ]
    if temperature is not None:
        parts.append(f"{temperature:.0f} °C")
    if state["last_error"] is not None:
        parts.append(f"last error: {_shortened(ascii(state['last_error']['text'])[1:-1])}")
    return ", ".join(parts)


DESCRIBERS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "score": _score,
    "shot": _shot,
    "state": _state,
}
