"""Appliances behind the page, started and stopped around a test."""

from urllib.parse import urlsplit

import httpx
import pytest

from .appliance import TestAppliance

CSRF = "x-csrf-token"


class Browser(httpx.Client):
    """A client that behaves as the page does: it keeps cookies and sends the session's proof."""

    def begin(self):
        """Learn the session's proof; every later change carries it."""
        token = self.get("/api/session").json()["csrf_token"]
        if token:
            self.headers[CSRF] = token
        return self


class Appliances:
    """Starts appliances and browsers, and stops them all."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []
        self.opened = []

    def make(self, uploads=None, **web):
        """Start an appliance with these web settings."""
        folder = self.folder / f"appliance{len(self.started)}"
        folder.mkdir()
        appliance = TestAppliance(folder, uploads, **web).start()
        self.started.append(appliance)
        return appliance

    def browse(self, appliance, *, begin=True, **options):
        """Open a browser session on an appliance."""
        client = Browser(base_url=appliance.server.address, timeout=30, **options)
        self.opened.append(client)
        return client.begin() if begin else client

    def secret(self, value, name="password"):
        """Write a secret and give its reference."""
        path = self.folder / name
        path.write_text(value)
        return f"file:{path}"

    def guarded(self):
        """Start an appliance with a password and a token."""
        return self.make(password=self.secret("rose petals"), token=self.secret("t0ken", "token"))

    def guest(self, appliance):
        """Follow the guest link of a guarded appliance."""
        url = (
            self.browse(appliance, begin=False)
            .get("/api/guest-link", headers={"authorization": "Bearer t0ken"})
            .json()["url"]
        )
        client = self.browse(appliance, begin=False)
        assert client.get(urlsplit(url).path).status_code == 303
        return client.begin()

    def close(self):
        """Stop everything."""
        for client in self.opened:
            client.close()
        for appliance in self.started:
            appliance.stop()


@pytest.fixture
def appliances(tmp_path):
    """Appliances of one test's own."""
    made = Appliances(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Appliances for tests that change nothing: starting one takes most of a second."""
    made = Appliances(tmp_path_factory.mktemp("shared"))
    yield made
    made.close()


@pytest.fixture
def make_appliance(appliances):
    """A function that starts an appliance with the given web settings."""
    return appliances.make


@pytest.fixture
def secret(appliances):
    """A function that writes a secret and gives its reference."""
    return appliances.secret


@pytest.fixture
def browse(appliances):
    """A function that opens a browser session on an appliance."""
    return appliances.browse


@pytest.fixture
def appliance(make_appliance):
    """An appliance on loopback without a password: whoever comes is the owner."""
    return make_appliance()


@pytest.fixture
def owner(appliance, browse):
    """The owner's browser."""
    return browse(appliance)


@pytest.fixture
def guarded(appliances):
    """An appliance with a password and a token."""
    return appliances.guarded()


@pytest.fixture
def guest(appliances, guarded):
    """The browser of a guest who followed the guest link."""
    return appliances.guest(guarded)
