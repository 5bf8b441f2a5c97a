"""The door: every request passes here before anything of it is read."""

import ipaddress
from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from device.config.web import is_loopback
from device.web.access import Access, Role, Visitor
from device.web.security_headers import SECURITY_HEADERS

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PUBLIC_PATHS: Final = frozenset({"/healthz", "/login", "/api/login", "/api/session"})
PUBLIC_FOLDERS: Final = ("/static/", "/guest/")
GUEST_PATHS: Final = frozenset({"/album", "/api/album", "/api/events"})
GUEST_FOLDERS: Final = ("/api/album/",)
PAGES: Final = frozenset({"/", "/upload", "/album", "/state", "/api/docs"})
CSRF_HEADER: Final = "x-csrf-token"
POLICY_VIOLATION: Final = 1008


class Guard:
    """Decides by host, origin, visitor and method whether a request may go on (an ASGI app).

    Order: the host (a page without a password would be open to DNS rebinding), where the request
    comes from (other sites may not act in a visitor's name), who the visitor is.
    """

    def __init__(
        self, app: ASGIApp, access: Access, cookie_name: str, allowed_hosts: Sequence[str]
    ) -> None:
        self._app = app
        self._access = access
        self._cookie_name = cookie_name
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request on, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        visitor = self._access.visitor(
            headers.get("authorization"), _cookie(headers, self._cookie_name)
        )
        scope.setdefault("state", {})["visitor"] = visitor
        refusal = self._refusal(scope, headers, visitor)
        if scope["type"] == "websocket":
            if refusal is not None:
                await WebSocketClose(POLICY_VIOLATION)(scope, receive, send)
                return
            await self._app(scope, receive, send)
            return
        protected = _with_headers(send, scope["path"])
        await (refusal or self._app)(scope, receive, protected)

    def _refusal(self, scope: Scope, headers: Headers, visitor: Visitor) -> Response | None:
        host = headers.get("host", "")
        if self._access.is_open and not self._is_own_host(host):
            return problem(
                421,
                f"this page has no password and answers only to this machine's own names, not to "
                f"{host[:80]!r}; set web.password, or add the name to web.allowed_hosts",
            )
        socket = scope["type"] == "websocket"
        changes = not socket and scope["method"] not in SAFE_METHODS
        if (changes or socket) and not visitor.by_token and not _same_origin(headers):
            return problem(403, "the request comes from another site's page and was refused")
        refused = self._refused_role(scope, visitor)
        if refused is not None:
            return refused
        if changes and not visitor.by_token and scope["path"] != "/api/login":
            given = headers.get(CSRF_HEADER, "")
            if not visitor.session or not self._access.is_csrf_token(given, visitor.session):
                return problem(
                    403, "the page is out of date: load it again (its X-CSRF-Token does not fit)"
                )
        return None

    def _refused_role(self, scope: Scope, visitor: Visitor) -> Response | None:
        path: str = scope["path"]
        if visitor.role is Role.OWNER or path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS):
            return None
        if visitor.role is Role.GUEST:
            reads = scope["type"] == "websocket" or scope["method"] in SAFE_METHODS
            if path == "/api/logout":
                return None
            if reads and (path in GUEST_PATHS or path.startswith(GUEST_FOLDERS)):
                return None
        if path in PAGES:
            return RedirectResponse(f"/login?next={quote(path)}", 303)
        if visitor.role is Role.GUEST:
            return problem(403, "guests see the album and change nothing; log in for this")
        return problem(
            401,
            "log in first, or send the token as 'Authorization: Bearer …'",
            {"www-authenticate": "Bearer"},
        )

    def _is_own_host(self, host: str) -> bool:
        name = _host_name(host)
        return is_loopback(name) or name in self._allowed_hosts


def problem(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error as every route answers it."""
    return JSONResponse({"error": sentence}, status, headers)


def _host_name(host: str) -> str:
    """The name of a Host header, without port and brackets, in lower case."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def _same_origin(headers: Headers) -> bool:
    """Whether a browser says that the request comes from a page of this very server.

    Programs send neither header; a browser always sends one of them with what matters here.
    """
    origin = headers.get("origin")
    if origin is not None:
        try:
            netloc = urlsplit(origin).netloc
        except ValueError:
            return False
        return bool(netloc) and netloc.lower() == headers.get("host", "").lower()
    return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def _with_headers(send: Send, path: str) -> Send:
    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS:
                headers.setdefault(name.decode(), value.decode())
            if not path.startswith("/static/"):
                # What a browser may keep (thumbnails) says so itself.
                headers.setdefault("cache-control", "no-store")
        await send(message)

    return protected
