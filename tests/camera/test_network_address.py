"""What of a camera's address may be shown: nothing that can be a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.camera.network_address import (
    address_with_credentials,
    is_network_address,
    shown_address,
)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("rtsp://cam.lan", "rtsp://cam.lan"),
        ("rtsp://192.168.1.10:554/stream1", "rtsp://192.168.1.10:554/…"),
        ("rtsp://admin:secret@192.168.1.10/s", "rtsp://192.168.1.10/…"),
        ("rtsp://admin:secret@192.168.1.10:554", "rtsp://192.168.1.10:554"),
        ("http://cam/video?user=admin&password=secret", "http://cam/…"),
        ("http://cam?password=secret", "http://cam/…"),
        ("rtsp://cam/user=admin_password=secret_channel=1.sdp", "rtsp://cam/…"),
        ("rtsp://admin:sec@ret@cam/s", "rtsp://cam/…"),
        ("rtsp://admin:sec/ret@cam/s", "rtsp://…"),
        ("rtsp://admin:sec#ret@cam/s", "rtsp://…"),
        ("RTSP://[fe80::1]:554/s", "RTSP://[fe80::1]:554/…"),
        ("rtsp://", "rtsp://…"),
        ("ftp://me:secret@cam/s", "ftp://cam/…"),
        ("/dev/video0", "/dev/video0"),
        ("clip.mp4", "clip.mp4"),
    ],
)
def test_only_scheme_host_and_port_are_shown(source, shown):
    assert shown_address(source) == shown


@given(
    password=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
)
def test_no_password_shows_whatever_characters_it_has(password):
    marked = "SECRET" + password + "SECRET"
    assert "SECRET" not in shown_address(f"rtsp://admin:{marked}@cam:554/stream")


@pytest.mark.parametrize(
    ("source", "expected"),
    [("rtsp://x", True), ("HTTPS://x", True), ("http:/x", False), ("/dev/video0", False)],
)
def test_addresses_are_told_from_devices_and_paths(source, expected):
    assert is_network_address(source) is expected


@pytest.mark.parametrize(
    ("source", "password", "expected"),
    [
        ("rtsp://cam:554/s?x=1", "p", "rtsp://me:p@cam:554/s?x=1"),
        ("rtsp://old:older@cam/s", "p@/:", "rtsp://me:p%40%2F%3A@cam/s"),
        ("http://cam", None, "http://me@cam"),
    ],
)
def test_credentials_are_written_into_the_address_as_urls_want_them(source, password, expected):
    address = address_with_credentials(source, "me", password)
    assert address == expected
    assert "me" not in shown_address(address).partition("://")[2]
