"""The keys behind sessions and guest links."""

import stat

import pytest

from device.web.keys import KeyFile


def test_keys_are_made_once_and_only_their_owner_can_read_them(tmp_path):
    path = tmp_path / "state" / "keys"
    first = KeyFile(path)
    second = KeyFile(path)
    assert (first.session, first.guest) == (second.session, second.guest)
    assert first.session != first.guest
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_renewed_guest_key_is_kept_and_leaves_the_session_key(tmp_path):
    keys = KeyFile(tmp_path / "keys")
    session, guest = keys.session, keys.guest
    keys.renew_guest()
    assert keys.guest != guest
    assert KeyFile(tmp_path / "keys").guest == keys.guest
    assert keys.session == session


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "null", '{"session": "a", "guest": "b"}', "\xff"]
)
def test_a_damaged_file_is_replaced(tmp_path, content):
    path = tmp_path / "keys"
    path.write_text(content, encoding="latin-1")
    assert len(KeyFile(path).session) == 64
    assert KeyFile(path).session == KeyFile(path).session
