"""Logging in and out, and guest links."""

import logging
from typing import Annotated, Final, Literal

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse

from device.web.access import Role
from device.web.parts import CurrentVisitor, Parts, WebParts
from device.web.problems import REFUSALS, refusals
from device.web.rate_limit import RateLimit

logger = logging.getLogger(__name__)
router = APIRouter(tags=["session"], responses=REFUSALS)

DAY_S: Final = 86_400
# Ten wrong passwords a minute from one address, sixty from everywhere.
EVERYBODY: Final = "everybody"
Token = Annotated[str, Path(max_length=4096, description="The secret part of the guest link.")]


class LoginLimits:
    """How often somebody may try a password."""

    def __init__(self) -> None:
        self.each = RateLimit(per_minute=6, burst=10)
        self.all = RateLimit(per_minute=60, burst=60)

    def wait_s(self, address: str) -> float:
        """Count a try: 0, or the seconds to wait."""
        return self.each.wait_s(address) or self.all.wait_s(EVERYBODY)


class SessionInfo(BaseModel):
    """Who the page is talking to, and the proof its changes need."""

    role: Literal["nobody", "guest", "owner"] = Field(description="What the visitor may do.")
    csrf_token: str | None = Field(description="To be sent as X-CSRF-Token with every change.")
    password_needed: bool = Field(description="Whether there is anything to log in to.")
    name: str = Field(description="The camera's name.")
    upload_max_files: int = Field(description="Most files per upload.")
    upload_max_megabytes: int = Field(description="Most megabytes per file.")
    guest_link: bool = Field(description="Whether guest links are offered.")


class Credentials(BaseModel):
    """The password, or the token."""

    password: Annotated[str, Field(max_length=4096, description="The page's password or token.")]


@router.get("/api/session")
def session(
    request: Request, response: Response, parts: Parts, visitor: CurrentVisitor
) -> SessionInfo:
    """Say who the visitor is; on a page without a password this also begins a session."""
    cookie = None
    name = visitor.session
    if visitor.role is Role.OWNER and name is None and not visitor.by_token:
        cookie = parts.access.new_session(Role.OWNER)
        name = parts.access.visitor(None, cookie).session
        set_cookie(response, request, parts, cookie)
    return SessionInfo(
        role=visitor.role.value,
        csrf_token=parts.access.csrf_token(name) if name else None,
        password_needed=not parts.access.is_open,
        name=parts.identity.name,
        upload_max_files=parts.settings.upload_max_files,
        upload_max_megabytes=parts.settings.upload_max_megabytes,
        guest_link=parts.settings.guest_link,
    )


@router.post("/api/login", status_code=204, responses=refusals(429))
def login(request: Request, response: Response, credentials: Credentials, parts: Parts) -> None:
    """Begin a session as the owner."""
    address = request.client.host if request.client else ""
    limits: LoginLimits = request.app.state.login_limits
    wait_s = limits.wait_s(address)
    if wait_s:
        raise HTTPException(
            429, f"too many tries; wait {wait_s:.0f} s", {"retry-after": str(int(wait_s) + 1)}
        )
    if not parts.access.is_open and not parts.access.is_credential(credentials.password):
        logger.warning("A wrong password was given from %s", address)
        raise HTTPException(403, "this is not the password")
    set_cookie(response, request, parts, parts.access.new_session(Role.OWNER))


@router.post("/api/logout", status_code=204)
def logout(response: Response, parts: Parts) -> None:
    """End this browser's session."""
    response.delete_cookie(parts.cookie_name, path="/")


@router.get(
    "/guest/{token}", response_class=RedirectResponse, status_code=303, responses=refusals(404, 429)
)
def enter_as_guest(
    request: Request, token: Token, parts: Parts, visitor: CurrentVisitor
) -> RedirectResponse:
    """Open the album as a guest; this address is what the QR code shows."""
    if not parts.access.is_guest_token(token):
        raise HTTPException(404, "this guest link is not valid (any more); ask for a new one")
    answer = RedirectResponse("/album", 303)
    if visitor.role is not Role.OWNER:
        set_cookie(answer, request, parts, parts.access.new_session(Role.GUEST))
    return answer


def set_cookie(response: Response, request: Request, parts: WebParts, value: str) -> None:
    """Keep a session in the browser, out of reach of scripts and of other sites' requests."""
    response.set_cookie(
        parts.cookie_name,
        value,
        max_age=int(parts.settings.session_days * DAY_S),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        # Strict would lose the cookie behind a link in a messenger; changes need a token besides.
        samesite="lax",
    )
