"""The server's life inside the daemon."""

import socket
import threading
import time

import httpx
import pytest

from .appliance import TestAppliance, drawn_picture, face, rating


def test_a_port_in_use_is_known_at_once(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        appliance = TestAppliance(tmp_path, port=port)
        with pytest.raises(OSError, match=f"127.0.0.1 port {port}"):
            appliance.start()
        appliance.stop()


def test_it_stops_soon_though_somebody_watches(tmp_path):
    from websockets.sync.client import connect

    appliance = TestAppliance(tmp_path).start()
    appliance.live.publish(drawn_picture(), rating(face()), 0.85)
    address = appliance.server.address
    with connect(f"{address.replace('http', 'ws')}/api/live", origin=address) as viewer:
        viewer.recv(timeout=10)
        started_s = time.monotonic()
        appliance.stop()
        assert time.monotonic() - started_s < 2
    assert not any(thread.name == "web" for thread in threading.enumerate())


def test_stopping_twice_and_before_it_serves_is_harmless(tmp_path):
    appliance = TestAppliance(tmp_path).start()
    appliance.server.stop()
    appliance.server.stop()
    appliance.stop()


def test_its_address_is_a_url(appliance):
    assert appliance.server.address.startswith("http://127.0.0.1:")
    assert httpx.get(f"{appliance.server.address}/healthz").status_code == 200


def test_it_can_listen_on_ipv6(make_appliance):
    appliance = make_appliance(host="::1")
    assert httpx.get(f"{appliance.server.address}/healthz").status_code == 200
