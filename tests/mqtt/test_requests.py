"""Requests: read with suspicion.  5,000 generated ones never stop anything or slip through."""

import json
import math
import threading
import time
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.messages.request import REQUEST_NAMES, RequestError
from device.mqtt.message import Incoming
from device.mqtt.requests import (
    MAX_REQUEST_BYTES,
    NAMES,
    BadRequestError,
    Request,
    RequestDesk,
    parse_request,
)
from device.mqtt.topics import Topics

TOPICS = Topics("printability/booth", "homeassistant/device/booth/config", "homeassistant/status")


@pytest.mark.parametrize("payload", [b"", b"  \n", b"{}"])
@pytest.mark.parametrize("name", [n for n in REQUEST_NAMES if n != "set"])
def test_a_request_without_arguments_needs_no_payload(name, payload):
    assert parse_request(name, payload) == Request(name)


def test_arguments_and_transaction_are_told_apart():
    request = parse_request("set", b'{"shutter.threshold": 0.7, "transaction": "a"}')
    assert request == Request("set", {"shutter.threshold": 0.7}, "a")


def test_armed_is_resume_and_pause_for_switches():
    assert parse_request("armed", b'{"armed": true}').name == "resume"
    assert parse_request("armed", b'{"armed": false}').name == "pause"


@pytest.mark.parametrize(
    ("name", "payload", "sentence"),
    [
        ("shoot", b"{", "not JSON"),
        ("shoot", b"\xff\xfe", "not JSON"),
        ("shoot", b"[" * 100_000, "16384 are allowed"),
        ("shoot", b"[" * 16_000, "not JSON"),
        ("shoot", b"[]", "is a JSON array"),
        ("shoot", b"true", "is a JSON boolean"),
        ("shoot", b"null", "is a JSON null"),
        ("shoot", b'"shoot"', "is a JSON string"),
        ("shoot", b"7", "is a JSON number"),
        ("shoot", b"NaN", "not JSON"),
        ("shoot", b'{"transaction": 1e999}', "not JSON"),
        ("shoot", b'{"transaction": []}', "transaction must be"),
        ("shoot", b'{"now": true}', "takes nothing but transaction"),
        ("set", b"{}", "set needs settings"),
        ("set", b'{"persist": true}', "set needs settings"),
        ("set", b'{"shutter.threshold": 0.7, "persist": "yes"}', "persist must be"),
        ("set", b'{"threshold": 0.7}', "section.key"),
        ("set", b'{"../../etc/passwd": 1}', "section.key"),
        ("set", b'{"shutter.threshold": {"a": 1}}', "is a JSON object"),
        ("get", b'{"keys": "shutter.threshold"}', "keys must be a list"),
        ("get", b'{"keys": [1]}', "keys must be a list"),
        ("get", b'{"secrets": true}', "get takes keys"),
        ("armed", b"{}", "armed takes"),
        ("armed", b'{"armed": 1}', "armed takes"),
        ("reboot", b"{}", "there is no request 'reboot'"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_a_sentence(name, payload, sentence):
    with pytest.raises(BadRequestError) as caught:
        parse_request(name, payload)
    assert sentence in str(caught.value)


def test_the_transaction_comes_back_even_where_the_rest_is_wrong():
    with pytest.raises(BadRequestError) as caught:
        parse_request("reboot", b'{"transaction": 5}')
    assert caught.value.transaction == 5


PIECES = (
    b"{", b"}", b"[", b"]", b":", b",", b'"', b"null", b"true", b"false", b"0", b"-1", b"1e999",
    b"0.7", b"NaN", b"99999999999999999999", b'"transaction"', b'"persist"', b'"keys"', b'"armed"',
    b'"shutter.threshold"', b'"mqtt.password"', b'"a.b.c"', b'""', b'"\\ud800"', b'"\\u0000"',
    b"\xff", b"\x00", b" ", b"\xc3\xa4", b"{{7*7}}", b"'", b"\\",
)  # fmt: skip
WELL_FORMED = (
    b"", b"{}", b'{"transaction": 1}', b'{"shutter.threshold": 0.7}', b'{"armed": true}',
    b'{"keys": ["shutter.threshold"], "transaction": "x"}',
    b'{"shutter.threshold": 0.7, "persist": true, "transaction": null}',
)  # fmt: skip


def wild_payload(random):
    """JSON-like rubbish, or a good request with a wound."""
    if random.random() < 0.4:
        return b"".join(random.choice(PIECES) for _ in range(random.randrange(12)))
    payload = bytearray(random.choice(WELL_FORMED))
    for _ in range(random.randrange(3)):
        place = random.randrange(len(payload) + 1)
        payload[place : place + random.randrange(4)] = random.choice(PIECES)
    return bytes(payload)


def wild_name(random):
    if random.random() < 0.8:
        return random.choice(NAMES)
    return "".join(chr(random.choice((random.randrange(1, 128), 0xE4, 0x1F600))) for _ in range(5))


def check_refused_or_shaped(name, payload):
    try:
        request = parse_request(name, payload)
    except BadRequestError as error:
        assert str(error)
        assert len(str(error)) < 1000
        return False
    assert request.name in REQUEST_NAMES
    assert "transaction" not in request.arguments
    assert len(str(request.transaction)) <= 256
    if request.name == "set":
        assert set(request.arguments) - {"persist"}
        for key, value in request.arguments.items():
            assert key == "persist" or "." in key
            assert value is None or isinstance(value, bool | int | float | str)
            assert not isinstance(value, float) or math.isfinite(value)
    elif request.name == "get":
        assert set(request.arguments) <= {"keys"}
    else:
        assert request.arguments == {}
    return True


def test_of_5000_generated_requests_each_is_refused_or_has_the_right_shape():
    counts = {True: 0, False: 0}

    @settings(max_examples=100, database=None)
    @given(seed=st.integers(0, 2**64))
    def fifty(seed):
        random = Random(seed)
        for _ in range(50):
            counts[check_refused_or_shaped(wild_name(random), wild_payload(random))] += 1

    fifty()
    print(f"\n{counts[True]} requests carried out, {counts[False]} refused")  # noqa: T201 - measured, shown with -s
    assert sum(counts.values()) >= 5000
    assert min(counts.values()) > 200, "both kinds must have been tried"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(NAMES),
    data=st.dictionaries(
        st.sampled_from(["transaction", "persist", "keys", "armed", "shutter.threshold", ""]),
        json_values,
        max_size=3,
    ),
)
def test_any_json_object_is_refused_or_has_the_right_shape(name, data):
    check_refused_or_shaped(name, json.dumps(data).encode())


class Desk:
    """A desk, what it answered, and what it did."""

    def __init__(self, handler):
        self.answers = []
        self.changed = []
        self.desk = RequestDesk(
            TOPICS, handler, self.answers.append, lambda: self.changed.append(1)
        )
        self.desk.start()

    def take(self, name, payload=b"", **more):
        self.desk.take(Incoming(TOPICS.request(name), payload, retained=False, **more))

    def json(self):
        return [(m.topic, json.loads(m.payload)) for m in self.answers]


@pytest.fixture
def open_desk():
    desks = []

    def make(handler):
        desks.append(Desk(handler))
        return desks[-1]

    yield make
    for made in desks:
        made.desk.stop(5)


def test_an_unknown_name_is_answered_under_its_own_name(open_desk, kit, caplog):
    desk = open_desk(kit.Requests())
    desk.take("reboot", b'{"transaction": "x"}')
    ((topic, answer),) = desk.json()
    assert topic == "printability/booth/response/reboot"
    assert answer["status"] == "error"
    assert answer["transaction"] == "x"
    assert len(caplog.records) == 1


def test_a_name_of_absurd_length_is_answered_all_the_same(open_desk, kit):
    desk = open_desk(kit.Requests())
    desk.take("x" * 60_000)
    assert desk.json()[0][0] == "printability/booth/response/error"


def test_a_handler_that_breaks_is_an_internal_error_not_the_end(open_desk, kit, caplog):
    calls = []

    def handler(name, arguments):
        calls.append(name)
        if len(calls) == 1:
            raise ZeroDivisionError("secret path /home/x")
        return {}

    desk = open_desk(handler)
    desk.take("shoot")
    desk.take("shoot")
    kit.eventually(lambda: len(desk.answers) == 2)
    first, second = (answer for _, answer in desk.json())
    assert first["status"] == "error"
    assert "secret" not in first["error"]
    assert second["status"] == "ok"


def test_requests_that_come_faster_than_they_can_be_done_are_refused_not_hoarded(open_desk, kit):
    go_on = threading.Event()

    def slow(_name, _arguments):
        go_on.wait(10)
        return {}

    desk = open_desk(slow)
    for _ in range(60):
        desk.take("shoot")
    refused = [answer for _, answer in desk.json()]
    assert 26 <= len(refused) <= 28
    assert all("too many" in answer["error"] for answer in refused)
    go_on.set()
    kit.eventually(lambda: len(desk.answers) == 60)


def test_state_is_published_after_a_request_that_was_carried_out(open_desk, kit):
    handler = kit.Requests()
    desk = open_desk(handler)
    desk.take("pause")
    kit.eventually(lambda: desk.changed)
    handler.error = RequestError("not now")
    desk.take("pause")
    kit.eventually(lambda: len(desk.answers) == 2)
    assert len(desk.changed) == 1


def test_an_answer_without_json_form_does_not_stop_the_desk(open_desk, kit):
    handler = kit.Requests()
    handler.answer = {"x": object()}
    desk = open_desk(handler)
    desk.take("get")
    handler.answer = {"fine": 1}
    kit.eventually(lambda: len(handler.asked) == 1)
    desk.take("get")
    kit.eventually(lambda: any(a["status"] == "ok" for _, a in desk.json()))


def test_a_few_hundred_wild_requests_through_a_real_broker_leave_the_camera_as_it_was(
    broker, subscribe, camera, kit
):
    """Everything is answered with an error, nothing reaches the daemon, the link stays up."""
    made = camera(broker.port).wait_connected()
    seen = subscribe(broker.port, "printability/booth/response/#")
    random = Random(20261122)
    made_up = [
        (
            random.choice(["shoot", "set", "get", "pause", "reboot", "a b", "ä"]),
            wild_payload(random),
        )
        for _ in range(400)
    ]
    wild = [request for request in made_up if _is_refused(*request)]
    assert len(wild) > 200
    wild.append(("shoot", b"x" * (MAX_REQUEST_BYTES + 1)))
    wild.append(("shoot", b'{"a":' * 3000))
    for name, payload in wild:
        seen.ask("printability/booth", name, payload)
    kit.eventually(lambda: len(seen.messages) >= len(wild), 30)
    assert all(json.loads(m.payload)["status"] == "error" for m in seen.messages)
    assert made.requests.asked == []
    assert made.link.status().connected
    seen.ask("printability/booth", "shoot")
    kit.eventually(lambda: made.requests.asked == [("shoot", {})])


def test_a_packet_larger_than_the_camera_allows_never_reaches_it(broker, subscribe, camera, kit):
    made = camera(broker.port).wait_connected()
    seen = subscribe(broker.port, "printability/booth/response/#")
    seen.ask("printability/booth", "shoot", b"x" * 3_000_000)
    time.sleep(0.3)
    seen.ask("printability/booth", "pause")
    kit.eventually(lambda: made.requests.asked == [("pause", {})])
    assert made.link.status().connected


def _is_refused(name, payload):
    try:
        parse_request(name, payload)
    except BadRequestError:
        return True
    return False
