"""What systemd hears, received on a real socket."""

import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.daemon.systemd_notifier import SystemdNotifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(2)
        yield listening


@pytest.fixture
def notifier(manager: socket.socket) -> Iterator[SystemdNotifier]:
    made = SystemdNotifier({"NOTIFY_SOCKET": manager.getsockname()})
    yield made
    made.close()


def test_each_message_is_one_datagram_of_the_protocol(
    manager: socket.socket, notifier: SystemdNotifier
) -> None:
    notifier.ready()
    notifier.watchdog_ping()
    notifier.stopping()
    notifier.extend_timeout(3.5)
    heard = [manager.recv(4096).decode() for _ in range(4)]
    assert heard == ["READY=1", "WATCHDOG=1", "STOPPING=1", "EXTEND_TIMEOUT_USEC=3500000"]


def test_reloading_carries_the_monotonic_time_of_the_message(
    manager: socket.socket, notifier: SystemdNotifier
) -> None:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.reloading()
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    state, stamp = manager.recv(4096).decode().split("\n")
    assert state == "RELOADING=1"
    name, value = stamp.split("=")
    assert name == "MONOTONIC_USEC"
    assert before <= int(value) <= after


def test_a_status_cannot_smuggle_in_a_second_message(
    manager: socket.socket, notifier: SystemdNotifier
) -> None:
    notifier.status("score 9.3\nSTOPPING=1")
    assert manager.recv(4096) == b"STATUS=score 9.3 STOPPING=1"


def test_an_abstract_socket_is_reached() -> None:
    name = f"printability-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        manager.settimeout(2)
        notifier = SystemdNotifier({"NOTIFY_SOCKET": "@" + name})
        notifier.ready()
        assert manager.recv(64) == b"READY=1"
        notifier.close()


def test_nothing_happens_where_nobody_asked() -> None:
    notifier = SystemdNotifier({})
    assert not notifier.listening
    notifier.ready()
    notifier.watchdog_ping()
    notifier.close()


def test_a_socket_that_is_not_a_unix_one_is_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert not SystemdNotifier({"NOTIFY_SOCKET": "vsock:2:1234"}).listening
    assert "vsock:2:1234" in caplog.text


def test_a_manager_that_went_away_does_not_stop_the_camera(
    manager: socket.socket, notifier: SystemdNotifier
) -> None:
    manager.close()
    notifier.watchdog_ping()


def test_a_manager_that_does_not_read_is_not_waited_for(
    manager: socket.socket, notifier: SystemdNotifier
) -> None:
    started = time.monotonic()
    for _ in range(5000):
        notifier.watchdog_ping()
    assert time.monotonic() - started < 2
