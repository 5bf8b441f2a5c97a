"""Requests from other machines: read with suspicion, carried out one after the other, answered."""

import json
import logging
import math
import queue
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from device.messages.request import REQUEST_NAMES, RequestError, RequestHandler
from device.mqtt.message import Incoming, Message
from device.mqtt.payloads import answer_message
from device.mqtt.topics import Topics

LOG = logging.getLogger(__name__)

MAX_REQUEST_BYTES: Final = 16_384
MAX_TRANSACTION_CHARACTERS: Final = 256
MAX_CORRELATION_BYTES: Final = 1024
MAX_NAME_CHARACTERS: Final = 64
MAX_RESPONSE_TOPIC_CHARACTERS: Final = 512
MAX_WAITING: Final = 32
"""Requests that may wait; more are answered `busy`."""
SETTING: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
ARMED: Final = "armed"
"""A request of its own for switches, which have one topic only: {"armed": true} is `resume`."""
NAMES: Final = (*REQUEST_NAMES, ARMED)

Transaction = str | int | float | bool | None


class BadRequestError(Exception):
    """A request that cannot be understood; `transaction` is the caller's, if it could be read."""

    def __init__(self, text: str, transaction: Transaction = None) -> None:
        super().__init__(text)
        self.transaction = transaction


@dataclass(frozen=True, slots=True)
class Request:
    """A request that has the right shape; whether its values are allowed, the handler decides."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    transaction: Transaction = None


def parse_request(name: str, payload: bytes) -> Request:
    """Read a request: nothing, or a JSON object with the arguments and perhaps `transaction`.

    Raises:
        BadRequestError: it is too large, no JSON object, or its arguments have the wrong shape.
    """
    if len(payload) > MAX_REQUEST_BYTES:
        raise BadRequestError(
            f"the request has {len(payload)} bytes; {MAX_REQUEST_BYTES} are allowed"
        )
    data = _object(payload)
    transaction = _transaction(data)
    if name not in NAMES:
        raise BadRequestError(
            f"there is no request {name[:MAX_NAME_CHARACTERS]!r}; allowed are {', '.join(NAMES)}",
            transaction,
        )
    try:
        return _shaped(name, data, transaction)
    except BadRequestError as error:
        error.transaction = transaction
        raise


def _object(payload: bytes) -> dict[str, Any]:
    if not payload.strip():
        return {}
    try:
        data = json.loads(payload.decode("utf-8"), parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadRequestError(f"the request is not JSON: {reason}") from error
    if not isinstance(data, dict):
        raise BadRequestError(
            f"the request is a JSON {_kind(data)}; an object is expected, such as {{}}"
        )
    return data


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is not a number that JSON knows")
    return value


def _kind(value: Any) -> str:
    for kind, name in (
        (bool, "boolean"),
        (int | float, "number"),
        (str, "string"),
        (list, "array"),
    ):
        if isinstance(value, kind):
            return name
    return "null" if value is None else "object"


def _transaction(data: dict[str, Any]) -> Transaction:
    value = data.pop("transaction", None)
    if isinstance(value, list | dict) or len(str(value)) > MAX_TRANSACTION_CHARACTERS:
        raise BadRequestError(
            "transaction must be text or a number of at most "
            f"{MAX_TRANSACTION_CHARACTERS} characters"
        )
    transaction: Transaction = value
    return transaction


def _shaped(name: str, data: dict[str, Any], transaction: Transaction) -> Request:
    if name == "set":
        _check_set(data)
    elif name == "get":
        _check_get(data)
    elif name == ARMED:
        armed = data.pop(ARMED, None)
        if not isinstance(armed, bool) or data:
            raise BadRequestError('armed takes {"armed": true} or {"armed": false}')
        return Request("resume" if armed else "pause", {}, transaction)
    elif data:
        raise BadRequestError(f"{name} takes nothing but transaction, not {_names(data)}")
    return Request(name, data, transaction)


def _check_set(data: dict[str, Any]) -> None:
    if not isinstance(data.get("persist", False), bool):
        raise BadRequestError("persist must be true or false")
    changes = {key: value for key, value in data.items() if key != "persist"}
    if not changes:
        raise BadRequestError('set needs settings, such as {"shutter.threshold": 0.7}')
    strange = [key for key in changes if not SETTING.fullmatch(key)]
    if strange:
        raise BadRequestError(
            f"{_names(strange)}: a setting is written section.key, such as shutter.threshold"
        )
    for key, value in changes.items():
        if isinstance(value, list | dict):
            raise BadRequestError(f"{key} is a JSON {_kind(value)}; one value is expected")


def _check_get(data: dict[str, Any]) -> None:
    keys = data.get("keys", [])
    if set(data) - {"keys"}:
        raise BadRequestError(f"get takes keys, not {_names(data)}")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise BadRequestError('keys must be a list of names, such as ["shutter.threshold"]')


def _names(names: Mapping[str, Any] | list[str]) -> str:
    return ", ".join(ascii(name[:40]) for name in list(names)[:5])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to."""

    data: Mapping[str, Any] | None
    error: str | None
    transaction: Transaction

    def as_json(self) -> dict[str, Any]:
        """The answer as published."""
        content: dict[str, Any] = {"status": "ok" if self.error is None else "error"}
        if self.error is None:
            content["data"] = dict(self.data or {})
        else:
            content["error"] = self.error
        if self.transaction is not None:
            content["transaction"] = self.transaction
        return content


class RequestDesk:
    """Takes requests in on the broker's thread and carries them out on a thread of its own.

    At most `MAX_WAITING` wait; more are answered with an error at once.  `send` gets each answer,
    from either thread.
    """

    def __init__(
        self,
        topics: Topics,
        handler: RequestHandler,
        send: Callable[[Message], None],
        on_change: Callable[[], None],
    ) -> None:
        self._topics = topics
        self._handler = handler
        self._send = send
        self._on_change = on_change
        self._waiting: queue.Queue[tuple[Incoming, Request] | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._work, name="mqtt-requests", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Let the request that runs end, forget the others, stop the thread."""
        while True:
            try:
                self._waiting.put_nowait(None)
                break
            except queue.Full:
                try:
                    self._waiting.get_nowait()
                except queue.Empty:
                    continue
        self._thread.join(timeout_s)

    def take(self, message: Incoming) -> None:
        """Take in one message from a request topic; never raises."""
        name = self._topics.request_name(message.topic)
        if name is None:
            return
        if message.retained:
            self._refuse(
                message,
                "a retained request is not carried out: it would be again at every reconnect; "
                "publish it without retain",
                None,
            )
            return
        try:
            request = parse_request(name, message.payload)
        except BadRequestError as error:
            self._refuse(message, str(error), error.transaction)
            return
        try:
            self._waiting.put_nowait((message, request))
        except queue.Full:
            self._refuse(
                message, "too many requests wait already; try again later", request.transaction
            )

    def _refuse(self, message: Incoming, text: str, transaction: Transaction) -> None:
        LOG.warning("refused a request on %s: %s", ascii(message.topic[-80:]), ascii(text)[1:-1])
        self._answer(message, Answer(None, text, transaction))

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            message, request = item
            try:
                self._answer(message, self._carry_out(request))
            except Exception:
                LOG.exception("the answer to %s could not be given", request.name)

    def _carry_out(self, request: Request) -> Answer:
        try:
            data = self._handler(request.name, request.arguments)
        except RequestError as error:
            LOG.warning("request %s refused: %s", request.name, ascii(str(error))[1:-1])
            return Answer(None, str(error), request.transaction)
        except Exception:
            LOG.exception("request %s failed", request.name)
            return Answer(None, "internal error; the camera's log has more", request.transaction)
        self._on_change()
        return Answer(data, None, request.transaction)

    def _answer(self, message: Incoming, answer: Answer) -> None:
        content = answer.as_json()
        correlation = message.correlation
        if correlation is not None and len(correlation) > MAX_CORRELATION_BYTES:
            correlation = None
        name = self._topics.request_name(message.topic) or "error"
        if len(name) > MAX_NAME_CHARACTERS:
            name = "error"
        own = self._topics.response(name)
        self._send(answer_message(own, content, correlation))
        wanted = message.response_topic
        if wanted is not None and wanted != own:
            if self._allowed(wanted):
                self._send(answer_message(wanted, content, correlation))
            else:
                LOG.warning(
                    "not answered on the response topic %s: it belongs to the camera, to Home "
                    "Assistant or to the broker",
                    ascii(wanted[:80]),
                )

    def _allowed(self, topic: str) -> bool:
        """Nobody may make the camera speak where its words would be taken for something else."""
        if not topic or len(topic) > MAX_RESPONSE_TOPIC_CHARACTERS or set(topic) & set("+#\0"):
            return False
        discovery_prefix = self._topics.discovery.split("/device/")[0]
        forbidden = (self._topics.root + "/", discovery_prefix + "/", "$")
        return topic.startswith(self._topics.response("")) or not topic.startswith(forbidden)
