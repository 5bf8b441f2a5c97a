"""The page's buttons are the same requests as over MQTT."""

import pytest


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("shoot", "shoot"),
        ("pause", "pause"),
        ("resume", "resume"),
        ("restart-camera", "restart-camera"),
    ],
)
def test_a_button_is_a_request(appliance, owner, path, name):
    assert owner.post(f"/api/{path}").status_code == 200
    assert appliance.asked == [(name, {})]


def test_the_threshold_slider_is_a_set_request(appliance, owner):
    answer = owner.post("/api/settings", json={"shutter.threshold": 0.7, "persist": True})
    assert answer.json()["changed"] == {"shutter.threshold": 0.7}
    assert appliance.asked == [("set", {"shutter.threshold": 0.7, "persist": True})]
    assert owner.get("/api/settings").json() == {"settings": {"shutter.threshold": 0.7}}


def test_a_refused_request_is_answered_with_its_sentence(owner):
    answer = owner.post("/api/settings", json={"shutter.threshold": 7})
    assert answer.status_code == 409
    assert answer.json()["error"] == "shutter.threshold: it must be from 0 to 1"


def test_the_guest_link_and_its_code(appliance, owner):
    url = owner.get("/api/guest-link").json()["url"]
    assert url.startswith(f"{appliance.server.address}/guest/")
    code = owner.get("/api/guest-link/qr.svg")
    assert code.headers["content-type"] == "image/svg+xml"
    assert b"<svg" in code.content
    assert owner.post("/api/guest-link/renew").json()["url"] != url
    assert owner.get(url, follow_redirects=False).status_code == 404


def test_guest_links_can_be_off(make_appliance, browse):
    client = browse(make_appliance(guest_link=False))
    assert client.get("/api/guest-link").status_code == 404
