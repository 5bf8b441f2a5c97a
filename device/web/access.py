"""Who a visitor is: owner, guest or nobody, by password, token, session or guest link."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import Enum
from typing import Final

from itsdangerous import BadData, Signer, URLSafeSerializer, URLSafeTimedSerializer

from device.config.web import WebSettings
from device.web.keys import KeyFile

DAY_S: Final = 86_400
LONGEST_CREDENTIAL: Final = 4096


class Role(Enum):
    """What a visitor may do."""

    NOBODY = "nobody"
    GUEST = "guest"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sent a request.  `session` names the browser's session, None without one.

    `by_token` is true for programs with a bearer token: a foreign page cannot make a browser send
    one, so they need no further proof against forged requests.
    """

    role: Role
    session: str | None = None
    by_token: bool = False


class Access:
    """Checks credentials and signs sessions.  Holds no list of sessions: a cookie proves itself.

    Changing the password ends all sessions, because it is part of the signing key.

    Raises:
        SecretUnavailableError: the configured password or token cannot be read.
        OSError: the key file can neither be read nor made.
    """

    def __init__(self, settings: WebSettings, keys: KeyFile) -> None:
        self._keys = keys
        self._password = settings.password.reveal() if settings.password else ""
        self._token = settings.token.reveal() if settings.token else ""
        self._guest_link = settings.guest_link
        self._session_s = settings.session_days * DAY_S
        mark = hashlib.sha256(f"{self._password}\0{self._token}".encode()).hexdigest()
        self._sessions = URLSafeTimedSerializer(keys.session, salt=f"session {mark}")
        self._csrf = Signer(keys.session, salt="csrf")

    @property
    def is_open(self) -> bool:
        """Whether no password is asked for (on loopback only): everybody here is the owner."""
        return not self._password and not self._token

    def is_credential(self, given: str) -> bool:
        """Whether this is the password or the token; takes the same time for any wrong answer."""
        is_password = _same(given, self._password)
        is_token = _same(given, self._token)
        return is_password or is_token

    def visitor(self, authorization: str | None, cookie: str | None) -> Visitor:
        """Say who sent these headers."""
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() == "bearer" and _same(token.strip(), self._token):
                return Visitor(Role.OWNER, by_token=True)
        known = self._from_cookie(cookie) if cookie else None
        if self.is_open:
            return Visitor(Role.OWNER, known.session if known else None)
        return known or Visitor(Role.NOBODY)

    def new_session(self, role: Role) -> str:
        """A cookie's value for a new session."""
        guest = self._guest_mark() if role is Role.GUEST else None
        return str(self._sessions.dumps([role.value, secrets.token_urlsafe(12), guest]))

    def csrf_token(self, session: str) -> str:
        """What a page of this session sends along with everything that changes something."""
        return self._csrf.get_signature(session).decode("ascii")

    def is_csrf_token(self, given: str, session: str) -> bool:
        """Whether `given` belongs to the session."""
        return hmac.compare_digest(given.encode(), self.csrf_token(session).encode())

    def guest_token(self) -> str:
        """The secret part of the guest link, valid until the link is renewed."""
        return str(self._guest_links().dumps("album"))

    def is_guest_token(self, given: str) -> bool:
        """Whether a guest link is valid."""
        try:
            return self._guest_link and self._guest_links().loads(given) == "album"
        except BadData:
            return False

    def renew_guest_link(self) -> None:
        """End the guest link and every guest's session.

        Raises:
            OSError: the new key cannot be saved.
        """
        self._keys.renew_guest()

    def _guest_links(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._keys.guest, salt="guest link")

    def _guest_mark(self) -> str:
        return hashlib.sha256(self._keys.guest.encode()).hexdigest()[:16]

    def _from_cookie(self, cookie: str) -> Visitor | None:
        try:
            role, session, guest = self._sessions.loads(cookie, max_age=int(self._session_s))
            visitor = Visitor(Role(role), str(session))
        except (BadData, ValueError, TypeError):
            return None
        if visitor.role is Role.GUEST and not (self._guest_link and guest == self._guest_mark()):
            return None
        return visitor


def _same(given: str, secret: str) -> bool:
    """Compare in constant time; an unset secret equals nothing."""
    if len(given) > LONGEST_CREDENTIAL:
        return False
    # Hashing first makes the lengths equal, so that not even the length leaks.
    digests = (
        hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in (given, secret)
    )
    return hmac.compare_digest(*digests) and bool(secret)
