"""What gets past the door."""

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

OWNER_ONLY = [
    ("GET", "/api/state"),
    ("GET", "/metrics"),
    ("GET", "/api/settings"),
    ("GET", "/api/live/history"),
    ("GET", "/api/guest-link"),
    ("GET", "/api/guest-link/qr.svg"),
    ("GET", "/api/openapi.json"),
    ("POST", "/api/shoot"),
    ("POST", "/api/pause"),
    ("POST", "/api/settings"),
    ("POST", "/api/ratings"),
    ("POST", "/api/guest-link/renew"),
    ("DELETE", "/api/album/one"),
]
BEARER = {"authorization": "Bearer t0ken"}


@pytest.fixture(scope="module")
def unchanged(shared):
    """A guarded appliance that no test of this module manages to change."""
    return shared.guarded()


@pytest.fixture(scope="module")
def calm(shared):
    """An open appliance that no test of this module manages to change."""
    return shared.make()


@pytest.fixture(scope="module")
def visiting(shared, unchanged):
    """A guest of the unchanged appliance."""
    unchanged.shoot("one")
    return shared.guest(unchanged)


@pytest.mark.parametrize(("method", "path"), OWNER_ONLY)
def test_strangers_get_nothing_but_the_login(unchanged, browse, method, path):
    assert browse(unchanged).request(method, path).status_code == 401


@pytest.mark.parametrize("page", ["/", "/upload", "/album", "/state", "/api/docs"])
def test_strangers_are_led_from_pages_to_the_login(unchanged, browse, page):
    answer = browse(unchanged).get(page)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=")


@pytest.mark.parametrize(("method", "path"), OWNER_ONLY)
def test_guests_are_refused_what_is_the_owners(unchanged, visiting, method, path):
    assert visiting.request(method, path).status_code == 403
    assert unchanged.album.get("one") is not None
    assert unchanged.asked == []


def test_guests_see_the_album(visiting):
    assert visiting.get("/album").status_code == 200
    assert visiting.get("/api/album").json()["count"] == 1
    for what in ("", "/thumbnail", "/photo", "/print"):
        assert visiting.get(f"/api/album/one{what}").status_code == 200


def test_the_token_opens_everything_without_further_proof(guarded):
    answer = httpx.post(f"{guarded.server.address}/api/shoot", headers=BEARER)
    assert answer.json() == {"accepted": True}


def test_logging_in_and_out(guarded, browse):
    client = browse(guarded)
    assert client.post("/api/login", json={"password": "wrong"}).status_code == 403
    assert client.post("/api/login", json={"password": "rose petals"}).status_code == 204
    client.begin()
    assert client.get("/api/state").status_code == 200
    assert client.post("/api/logout").status_code == 204
    assert client.get("/api/state").status_code == 401


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(guarded, browse):
    cookie = (
        browse(guarded).post("/api/login", json={"password": "rose petals"}).headers["set-cookie"]
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_passwords_cannot_be_tried_without_end(guarded, browse):
    client = browse(guarded)
    answers = [client.post("/api/login", json={"password": str(n)}) for n in range(12)]
    assert answers[0].status_code == 403
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    # Not even the right one is tried then.
    assert client.post("/api/login", json={"password": "rose petals"}).status_code == 429


def test_a_change_needs_the_sessions_proof(appliance, browse):
    client = browse(appliance, begin=False)
    client.get("/api/session")
    for proof in ({}, {"x-csrf-token": "forged"}):
        assert client.post("/api/shoot", headers=proof).status_code == 403
    assert appliance.asked == []


def test_a_change_from_another_sites_page_is_refused(appliance, owner):
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
    ):
        assert owner.post("/api/shoot", headers=headers).status_code == 403
    assert appliance.asked == []


def test_a_change_from_this_page_passes(appliance, owner):
    headers = {"origin": appliance.server.address, "sec-fetch-site": "same-origin"}
    assert owner.post("/api/shoot", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "", "[", "192.168.1.7"])
def test_without_a_password_only_this_machines_names_are_answered(calm, host):
    answer = httpx.get(f"{calm.server.address}/api/state", headers={"host": host})
    assert answer.status_code in (400, 421)


@pytest.fixture(scope="module")
def named(shared):
    """An appliance with a name besides this machine's own."""
    return shared.make(allowed_hosts=("Camera.home",))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "[::1]:8080", "camera.home"])
def test_own_and_allowed_names_are_answered(named, host):
    answer = httpx.get(f"{named.server.address}/api/state", headers={"host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
def test_a_socket_from_another_site_is_refused(unchanged, origin):
    address = unchanged.server.address.replace("http", "ws")
    with pytest.raises(InvalidStatus), connect(f"{address}/api/live", origin=origin):
        pass


def test_a_guest_may_not_watch_live(unchanged, visiting):
    address = unchanged.server.address.replace("http", "ws")
    cookie = "; ".join(f"{name}={value}" for name, value in visiting.cookies.items())
    with (
        pytest.raises(InvalidStatus),
        connect(f"{address}/api/live", additional_headers={"cookie": cookie}),
    ):
        pass
    with connect(f"{address}/api/events", additional_headers={"cookie": cookie}):
        pass


@pytest.mark.parametrize("path", ["/", "/api/state", "/nowhere", "/static/style.css", "/healthz"])
def test_every_answer_carries_the_security_headers(calm, browse, path):
    headers = browse(calm).get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2f..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static//etc/passwd",
        "/api/album/..%2f..%2fsession.key/photo",
        "/api/album/%2e%2e%2fsession.key/thumbnail",
        "/api/album/..%5c..%5csession.key/print",
        "/api/album/%00/photo",
    ],
)
def test_no_path_leads_out_of_the_album_or_the_front_end(calm, browse, path):
    owner = browse(calm)
    # The raw path, so that the client does not tidy it before sending.
    request = owner.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = owner.send(request)
    assert answer.status_code == 404
    assert "error" in answer.json()


def test_a_body_beyond_the_limit_is_refused(make_appliance, browse):
    client = browse(make_appliance(upload_max_request_megabytes=1))
    answer = client.post("/api/ratings", files={"files": ("a.jpg", b"x" * 3_000_000)})
    assert answer.status_code == 413
