"""The front end is whole and asks nobody outside."""

import re

from device.web.routes.pages import PAGES
from device.web.security_headers import CONTENT_SECURITY_POLICY
from device.web.static_files import load_static_files

FILES = {name: file.content.decode() for name, file in load_static_files().items()}


def test_every_page_is_there():
    assert set(PAGES.values()) <= set(FILES)


def test_nothing_is_fetched_from_elsewhere():
    for name, text in FILES.items():
        addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[\w./-]*", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, name


def test_everything_a_page_or_module_names_exists():
    for name, text in FILES.items():
        named = re.findall(r"/static/([\w.-]+)", text) + re.findall(r'from "\./([\w.]+)"', text)
        assert set(named) <= set(FILES), name


def test_no_page_needs_what_the_policy_forbids():
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    for name, text in FILES.items():
        if name.endswith(".html"):
            assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), name
            assert not re.search(r"<script(?![^>]*\ssrc=)", text), name
        if name.endswith(".js"):
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text
            ), name


def test_an_unchanged_file_is_not_sent_twice(owner):
    first = owner.get("/static/style.css")
    again = owner.get("/static/style.css", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
