"""The link with which guests see the album, and its QR code."""

import io
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field

from device.web.parts import Parts, WebParts
from device.web.problems import REFUSALS, refusals

router = APIRouter(tags=["guest link"], responses={**REFUSALS, **refusals(404)})


class GuestLink(BaseModel):
    """What to give to guests."""

    url: str = Field(description="The link; whoever has it sees the album.")


@router.get("/api/guest-link")
def guest_link(request: Request, parts: Parts) -> GuestLink:
    """The link, with the host name under which this request reached the camera."""
    return GuestLink(url=_url(request, parts))


@router.post("/api/guest-link/renew")
def renew(request: Request, parts: Parts) -> GuestLink:
    """End all guests' access and make a new link."""
    _refuse_if_off(parts)
    parts.access.renew_guest_link()
    return GuestLink(url=_url(request, parts))


@router.get(
    "/api/guest-link/qr.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}},
)
def qr_code(
    request: Request,
    parts: Parts,
    scale: Annotated[int, Query(ge=1, le=50, description="Pixels per module.")] = 8,
) -> Response:
    """The link as a QR code, to show or to print."""
    import segno

    code = segno.make(_url(request, parts), error="m", micro=False)
    drawing = io.BytesIO()
    code.save(drawing, kind="svg", scale=scale, border=4, dark="#000", light="#fff")
    return Response(drawing.getvalue(), media_type="image/svg+xml")


def _url(request: Request, parts: WebParts) -> str:
    _refuse_if_off(parts)
    return f"{request.base_url}guest/{parts.access.guest_token()}"


def _refuse_if_off(parts: WebParts) -> None:
    if not parts.settings.guest_link:
        raise HTTPException(404, "guest links are off; set web.guest_link to true")
