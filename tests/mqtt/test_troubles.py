"""What goes wrong in the field: the link says what it is, once, and the frame loop feels nothing.

Every camera here keeps taking shots while its broker misbehaves; they all wait in the outbox.
"""

import logging
import socket
import subprocess
import threading
import time

import pytest

ROOT = "printability/booth"


@pytest.fixture
def password_file(tmp_path, kit):
    """Makes a mosquitto password file with one user: booth, secret-7."""
    path = tmp_path / "passwords"
    subprocess.run(
        [kit.program("mosquitto_passwd"), "-b", "-c", str(path), "booth", "secret-7"], check=True
    )
    return path


@pytest.fixture
def deaf_server():
    """Accepts TCP connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def trouble(made, kit, timeout_s=15.0):
    return kit.eventually(lambda: made.link.status().error, timeout_s, "an error in the state")


def assert_the_camera_works_on(made, kit):
    """Rates and saves while the link is in trouble: neither call waits for the network."""
    slowest_s = 0.0
    rating = kit.make_rating()
    for number in range(2000):
        start_s = time.perf_counter()
        made.link.publish_score(rating)
        made.link.set_available(online=True, reason=None)
        slowest_s = max(slowest_s, time.perf_counter() - start_s)
        if number % 500 == 0:
            made.link.add_shot(kit.make_shot(f"s{number}"))
    assert slowest_s < 0.3, "only the machine's own scheduling may show"
    assert made.outbox.depth == 4
    assert made.link.status().queued_shots == 4
    assert not made.link.status().connected


def errors(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_wrong_password_is_said_once_and_never_counts_as_connected(
    start_broker, password_file, camera, kit, caplog, tmp_path, protocol
):
    broker = start_broker("allow_anonymous false", f"password_file {password_file}")
    secret = tmp_path / "secret"
    secret.write_text("wrong-8\n")
    made = camera(
        broker.port,
        username="booth",
        password=f"file:{secret}",
        protocol=protocol,
        reconnect_max_s=0.3,
    )
    seen_connected = []
    ends_s = time.monotonic() + 2.0
    while time.monotonic() < ends_s:
        seen_connected.append(made.link.status().connected)
        time.sleep(0.005)
    assert not any(seen_connected)
    text = made.link.status().error
    assert f"refuses the user 'booth' with the password from file:{secret}" in text
    assert "wrong-8" not in caplog.text
    assert len(errors(caplog)) == 1, "once, not at every attempt"
    attempts = broker.log.read_text().count("not authorised")
    assert 2 <= attempts <= 10, "every 0.3 s at most, without the quick first attempts"
    assert_the_camera_works_on(made, kit)


def test_a_password_corrected_in_its_file_is_taken_without_a_restart(
    start_broker, password_file, camera, kit, tmp_path
):
    broker = start_broker("allow_anonymous false", f"password_file {password_file}")
    secret = tmp_path / "secret"
    secret.write_text("wrong-8\n")
    made = camera(broker.port, username="booth", password=f"file:{secret}")
    made.link.add_shot(kit.make_shot("a"))
    trouble(made, kit)
    secret.write_text("secret-7\n")
    made.wait_connected()
    kit.eventually(lambda: made.outbox.depth == 0)
    assert made.link.status().error is None


def test_a_missing_login_and_a_missing_secret_file_are_named(
    start_broker, password_file, camera, kit, tmp_path
):
    broker = start_broker("allow_anonymous false", f"password_file {password_file}")
    nobody = camera(broker.port, camera_id="a")
    assert "mqtt.username is not set" in trouble(nobody, kit)
    lost = camera(broker.port, camera_id="b", username="booth", password=f"file:{tmp_path}/nowhere")
    assert f"mqtt.password: the secret file {tmp_path}/nowhere cannot be read" in trouble(lost, kit)


def test_a_broker_that_accepts_tcp_and_never_answers(deaf_server, camera, kit):
    made = camera(deaf_server, connect_timeout_s=0.5)
    assert "does not answer within 0.5 s" in trouble(made, kit)
    assert_the_camera_works_on(made, kit)


def test_a_broker_that_never_answers_the_tls_handshake(deaf_server, camera, kit):
    made = camera(deaf_server, connect_timeout_s=0.5, tls={"enabled": True})
    assert "does not answer within 0.5 s" in trouble(made, kit)
    assert_the_camera_works_on(made, kit)


def test_a_name_that_cannot_be_looked_up(camera, kit):
    made = camera(1883, host="broker.invalid")
    assert "the broker's name 'broker.invalid' cannot be looked up" in trouble(made, kit, 30)
    assert_the_camera_works_on(made, kit)


def test_nobody_listens(camera, kit, caplog):
    port = kit.free_port()
    made = camera(port)
    assert f"no broker listens at 127.0.0.1:{port}" in trouble(made, kit)
    assert_the_camera_works_on(made, kit)
    time.sleep(0.5)
    assert len(errors(caplog)) == 1


def test_something_else_than_a_broker_listens(camera, kit):
    def speak(server):
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                peer.recv(100)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=speak, args=(server,), daemon=True).start()
        made = camera(server.getsockname()[1])
        trouble(made, kit)
        assert_the_camera_works_on(made, kit)
        made.link.stop(5)


def test_a_broker_that_hangs_is_noticed_by_the_keep_alive(start_broker, camera, kit):
    broker = start_broker("allow_anonymous true")
    made = camera(broker.port, start=False, connect_timeout_s=0.5)
    # Shorter than the configuration allows, to keep the test short.
    made.link._settings = made.settings.model_copy(update={"keepalive_s": 1})
    made.start().wait_connected()
    broker.hang()
    made.link.add_shot(kit.make_shot("a"))
    try:
        kit.eventually(lambda: not made.link.status().connected, 15)
    finally:
        broker.resume()
    kit.eventually(lambda: made.outbox.depth == 0, 15)


def acl(tmp_path, *lines):
    path = tmp_path / "acl"
    path.write_text("\n".join([*lines, ""]))
    path.chmod(0o600)
    return path


def test_shots_refused_by_the_access_list_wait_and_arrive_once_it_is_mended(
    start_broker, camera, subscribe, kit, tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr("device.mqtt.delivery.REFUSED_RETRY_S", 0.5)
    path = acl(
        tmp_path,
        "topic read #",
        f"topic write {ROOT}/state",
        f"topic write {ROOT}/availability",
    )
    broker = start_broker("allow_anonymous true", f"acl_file {path}")
    seen = subscribe(broker.port, f"{ROOT}/shot")
    made = camera(broker.port).wait_connected()
    for name in "abcdefghijklm":  # more than the window holds
        made.link.add_shot(kit.make_shot(name))
    kit.eventually(lambda: made.link.status().error)
    state = made.link.status()
    assert state.connected
    assert f"refuses messages on {ROOT}/shot (Not authorized)" in state.error
    time.sleep(1.2)
    assert made.outbox.depth == 13
    assert len(errors(caplog)) == 1
    assert caplog.text.count("refuses messages on homeassistant/device/booth/config") == 1
    acl(tmp_path, f"topic readwrite {ROOT}/#", "topic readwrite homeassistant/#")
    broker.process.send_signal(1)  # SIGHUP: mosquitto reads its access list again
    kit.eventually(lambda: made.outbox.depth == 0)
    assert [m["id"] for m in seen.json(f"{ROOT}/shot")] == list("abcdefghijklm")
    assert made.link.status().error is None


def test_two_cameras_with_one_id_are_told_so(broker, camera, kit, tmp_path):
    first = camera(broker.port).wait_connected()
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    second = type(first)(other_folder, first.settings)
    second.start()
    try:
        kit.eventually(
            lambda: "own device.id" in f"{first.link.status().error} {second.link.status().error}"
        )
    finally:
        second.close()


def test_a_picture_larger_than_the_broker_takes_does_not_keep_its_shot_back(
    start_broker, camera, subscribe, kit, caplog
):
    broker = start_broker("allow_anonymous true", "max_packet_size 20000")
    for protocol in ("5", "3.1.1"):
        made = camera(broker.port, protocol=protocol, camera_id=f"p{protocol[0]}")
        made.images["a"] = b"\xff\xd8" + bytes(50_000)
        seen = subscribe(broker.port, f"{made.root}/#")
        made.wait_connected()
        made.link.add_shot(kit.make_shot("a"))
        made.link.add_shot(kit.make_shot("b"))
        kit.eventually(lambda made=made: made.outbox.depth == 0, what=f"MQTT {protocol}")
        kit.eventually(lambda seen=seen, made=made: len(seen.json(f"{made.root}/shot")) >= 2)
        assert b"jpeg of b" in seen.on(f"{made.root}/shot/image")[-1].payload
        made.link.stop(5)
    assert "mqtt.image_width_px" in caplog.text


def test_a_broker_that_allows_fewer_unconfirmed_messages_is_named(start_broker, camera, kit):
    broker = start_broker("allow_anonymous true", "max_inflight_messages 3")
    made = camera(broker.port, inflight=10)
    assert "mqtt.inflight is 10; set it to 3 or less" in trouble(made, kit)
    assert camera(broker.port, inflight=3, camera_id="fewer").wait_connected()


def test_stopping_is_quick_whatever_the_broker_does(broker, deaf_server, camera, kit):
    working = camera(broker.port, camera_id="a").wait_connected()
    deaf = camera(deaf_server, camera_id="b", connect_timeout_s=30.0)
    absent = camera(kit.free_port(), camera_id="c", reconnect_max_s=60, reconnect_min_s=60)
    time.sleep(0.3)
    for made in (working, deaf, absent):
        start_s = time.monotonic()
        made.link.stop(5)
        assert time.monotonic() - start_s < 2.0
        assert not made.link._thread.is_alive()
        assert not made.link._desk._thread.is_alive()


def test_the_link_survives_a_state_that_cannot_be_had(broker, camera, kit, subscribe):
    seen = subscribe(broker.port)
    made = camera(broker.port, start=False)
    good = made.link._state
    made.link._state = lambda: 1 / 0
    made.start()
    made.link.add_shot(kit.make_shot("a"))
    assert "internal error" in trouble(made, kit)
    made.link._state = good
    made.wait_connected()
    kit.eventually(lambda: seen.json(f"{ROOT}/shot"))
