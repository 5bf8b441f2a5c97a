"""Who a visitor is taken for."""

import time

import pytest

from device.config.web import WebSettings
from device.web.access import Access, Role
from device.web.keys import KeyFile


@pytest.fixture
def make_access(tmp_path, secret):
    def make(password="rose petals", token="t0ken", **settings):
        given = {}
        if password:
            given["password"] = secret(password)
        if token:
            given["token"] = secret(token, "token")
        return Access(WebSettings(**given, **settings), KeyFile(tmp_path / "keys"))

    return make


def test_nobody_is_who_brings_nothing(make_access):
    assert make_access().visitor(None, None).role is Role.NOBODY


def test_the_token_makes_the_owner(make_access):
    visitor = make_access().visitor("Bearer t0ken", None)
    assert (visitor.role, visitor.by_token) == (Role.OWNER, True)


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic t0ken", "t0ken", "Bearer ", "Bearer"])
def test_another_authorization_makes_nobody(make_access, header):
    assert make_access().visitor(header, None).role is Role.NOBODY


def test_without_a_token_an_empty_one_is_refused(make_access):
    assert make_access(token=None).visitor("Bearer ", None).role is Role.NOBODY


def test_the_password_is_no_bearer_token(make_access):
    assert make_access().visitor("Bearer rose petals", None).role is Role.NOBODY


def test_password_and_token_are_credentials_and_nothing_else(make_access):
    access = make_access()
    assert access.is_credential("rose petals")
    assert access.is_credential("t0ken")
    for wrong in ("", "Rose petals", "rose petals ", "x" * 100_000, "rose\udcffpetals"):
        assert not access.is_credential(wrong)


def test_a_session_is_recognised_by_its_cookie(make_access):
    access = make_access()
    assert access.visitor(None, access.new_session(Role.OWNER)).role is Role.OWNER
    assert access.visitor(None, access.new_session(Role.GUEST)).role is Role.GUEST


def test_a_changed_cookie_is_worth_nothing(make_access):
    access = make_access()
    cookie = access.new_session(Role.GUEST)
    for i in range(0, len(cookie), 3):
        changed = cookie[:i] + ("A" if cookie[i] != "A" else "B") + cookie[i + 1 :]
        assert access.visitor(None, changed).role is Role.NOBODY


def test_a_new_password_ends_all_sessions(make_access):
    cookie = make_access().new_session(Role.OWNER)
    assert make_access(password="another").visitor(None, cookie).role is Role.NOBODY


def test_sessions_survive_a_restart(make_access):
    cookie = make_access().new_session(Role.OWNER)
    assert make_access().visitor(None, cookie).role is Role.OWNER


def test_a_session_ends_after_its_days(make_access, monkeypatch):
    access = make_access(session_days=1)
    cookie = access.new_session(Role.OWNER)
    two_days_on_s = time.time() + 2 * 86_400
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: two_days_on_s)
    assert access.visitor(None, cookie).role is Role.NOBODY


def test_a_renewed_guest_link_ends_the_old_link_and_its_guests(make_access):
    access = make_access()
    link, cookie = access.guest_token(), access.new_session(Role.GUEST)
    access.renew_guest_link()
    assert not access.is_guest_token(link)
    assert access.is_guest_token(access.guest_token())
    assert access.visitor(None, cookie).role is Role.NOBODY


def test_a_renewed_guest_link_leaves_the_owner_logged_in(make_access):
    access = make_access()
    cookie = access.new_session(Role.OWNER)
    access.renew_guest_link()
    assert access.visitor(None, cookie).role is Role.OWNER


def test_where_guest_links_are_off_none_is_valid(make_access):
    access = make_access(guest_link=False)
    assert not access.is_guest_token(access.guest_token())
    assert access.visitor(None, access.new_session(Role.GUEST)).role is Role.NOBODY


def test_the_proof_of_a_change_fits_its_own_session_only(make_access):
    access = make_access()
    token = access.csrf_token("one")
    assert access.is_csrf_token(token, "one")
    assert not access.is_csrf_token(token, "two")
    assert not access.is_csrf_token("", "one")
    assert not access.is_csrf_token("ä", "one")


def test_without_password_and_token_everybody_is_the_owner(make_access):
    assert make_access(password=None, token=None).visitor(None, None).role is Role.OWNER
