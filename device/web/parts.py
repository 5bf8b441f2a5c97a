"""What the routes work with, put together once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from device.config.identity import IdentitySettings
from device.config.web import WebSettings
from device.messages.request import RequestHandler
from device.messages.state import ApplianceState
from device.web.access import Access, Visitor
from device.web.appliance import AlbumView, LiveView, ShotFeed, UploadRater


@dataclass(frozen=True)
class WebParts:
    """The appliance as the page sees it."""

    settings: WebSettings
    identity: IdentitySettings
    live: LiveView
    album: AlbumView[Any]
    uploads: UploadRater
    shots: ShotFeed
    requests: RequestHandler
    state: Callable[[], ApplianceState]
    access: Access
    cookie_name: str = field(default="printability")


def parts_of(connection: HTTPConnection) -> WebParts:
    """The parts this server was made with."""
    return cast("WebParts", connection.app.state.parts)


def visitor_of(connection: HTTPConnection) -> Visitor:
    """Who sends the request, as the guard found out."""
    return cast("Visitor", connection.state.visitor)


Parts = Annotated[WebParts, Depends(parts_of)]
CurrentVisitor = Annotated[Visitor, Depends(visitor_of)]
