"""The album: lists, pictures, downloads, deletion."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, StreamingResponse

from device.messages.shot import shot_to_json
from device.web.access import Role, Visitor
from device.web.appliance import AlbumEntry
from device.web.jpeg_privacy import NotJpegError, strip_metadata
from device.web.parts import CurrentVisitor, Parts, WebParts
from device.web.photo_archive import stream_zip
from device.web.print_export import print_ready
from device.web.problems import REFUSALS, refusals

router = APIRouter(prefix="/api/album", tags=["album"], responses={**REFUSALS, **refusals(404)})

MOST_IN_ZIP: Final = 200
FOREVER: Final = "private, max-age=31536000, immutable"
JPEG: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The picture."}
}
PhotoId = Annotated[str, PathParameter(min_length=1, max_length=200, description="The photo's id.")]
Day = Annotated[date | None, Query(description="Only photos of this local day, as 2026-11-22.")]


class Photo(BaseModel):
    """One photo."""

    id: str = Field(description="Names it for ever.")
    shot: dict[str, Any] = Field(description="The shot with its rating, as over MQTT.")


class AlbumPage(BaseModel):
    """Some photos of the album."""

    photos: list[Photo]
    count: int = Field(description="Photos in all (of the day, if one was asked for).")
    days: list[str] = Field(description="Local days with photos, newest first.")


@router.get("")
def photos(
    parts: Parts,
    order: Annotated[Literal["newest", "best"], Query(description="What comes first.")] = "newest",
    limit: Annotated[int, Query(ge=1, le=200, description="Most photos.")] = 60,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Photos to skip.")] = 0,
    day: Day = None,
) -> AlbumPage:
    """List photos."""
    wanted = day.isoformat() if day else None
    entries = parts.album.entries(order, limit=limit, offset=offset, day=wanted)
    return AlbumPage(
        photos=[Photo(id=entry.id, shot=shot_to_json(entry.shot)) for entry in entries],
        count=parts.album.count(wanted),
        days=list(parts.album.days()),
    )


@router.get(
    "/archive.zip",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}, "description": "The photos."}},
)
def archive(
    parts: Parts,
    visitor: CurrentVisitor,
    id: Annotated[  # noqa: A002 - the name in the address
        list[str], Query(min_length=1, max_length=MOST_IN_ZIP, description="The photos' ids.")
    ],
) -> StreamingResponse:
    """Download several photos as one zip."""
    entries = [found for found in map(parts.album.get, dict.fromkeys(id)) if found is not None]
    if not entries:
        raise HTTPException(404, "none of these photos is in the album (any more)")
    pieces = stream_zip(
        (
            Path(entry.shot.file).name if entry.id == entry.shot.id else f"{entry.id}.jpg",
            entry.shot.time.astimezone(),
            partial(_read_or_none, parts, entry, visitor),
        )
        for entry in entries
    )
    return StreamingResponse(
        pieces,
        media_type="application/zip",
        headers={"content-disposition": 'attachment; filename="photos.zip"'},
    )


@router.get("/{photo_id}")
def photo(photo_id: PhotoId, parts: Parts) -> Photo:
    """One photo with its rating."""
    entry = _entry(parts, photo_id)
    return Photo(id=entry.id, shot=shot_to_json(entry.shot))


@router.get("/{photo_id}/thumbnail", response_class=FileResponse, responses=JPEG)
def thumbnail(photo_id: PhotoId, parts: Parts) -> Response:
    """A small picture."""
    _entry(parts, photo_id)
    try:
        data = parts.album.thumbnail(photo_id).read_bytes()
    except Exception as error:
        # The album's own errors are not known here; deleted or damaged meanwhile is all one.
        raise HTTPException(404, f"no small picture of {photo_id!r} can be made") from error
    return Response(data, media_type="image/jpeg", headers={"cache-control": FOREVER})


@router.get("/{photo_id}/photo", response_class=Response, responses=JPEG)
def picture(
    photo_id: PhotoId,
    parts: Parts,
    visitor: CurrentVisitor,
    download: Annotated[bool, Query(description="Save it instead of showing it.")] = False,
) -> Response:
    """The photo in full.  Guests get it without metadata (place, time, device, rating)."""
    entry = _entry(parts, photo_id)
    data = _read_or_none(parts, entry, visitor)
    if data is None:
        raise _gone(photo_id)
    return _jpeg(data, Path(entry.shot.file).name if download else None)


@router.get("/{photo_id}/print", response_class=Response, responses=JPEG)
def for_print(photo_id: PhotoId, parts: Parts) -> Response:
    """The photo for a 10 × 15 cm print at 300 dpi, cropped so that no face is cut."""
    entry = _entry(parts, photo_id)
    try:
        data = print_ready(parts.album.path(entry), [face.box for face in entry.shot.rating.faces])
    except FileNotFoundError as error:
        raise _gone(photo_id) from error
    return _jpeg(data, f"{Path(entry.shot.file).stem}-10x15.jpg")


@router.delete("/{photo_id}", status_code=204)
def delete(photo_id: PhotoId, parts: Parts) -> None:
    """Delete a photo for good."""
    _entry(parts, photo_id)
    try:
        parts.album.delete(photo_id)
    except Exception as error:
        # Somebody else was faster.
        if parts.album.get(photo_id) is None:
            raise _gone(photo_id) from error
        raise


def _entry(parts: WebParts, photo_id: str) -> AlbumEntry:
    entry: AlbumEntry | None = parts.album.get(photo_id) if photo_id.isprintable() else None
    if entry is None:
        raise _gone(photo_id)
    return entry


def _gone(photo_id: str) -> HTTPException:
    shown = photo_id.encode("utf-8", "replace").decode("utf-8")[:80]
    return HTTPException(404, f"the album has no photo {shown!r} (any more)")


def _read_or_none(parts: WebParts, entry: AlbumEntry, visitor: Visitor) -> bytes | None:
    """The photo's bytes, for guests without metadata; None where it is gone or unreadable."""
    try:
        data = parts.album.path(entry).read_bytes()
        return data if visitor.role is Role.OWNER else strip_metadata(data)
    except (OSError, NotJpegError):
        return None


def _jpeg(data: bytes, name: str | None) -> Response:
    headers = {"cache-control": "private, no-cache"}
    if name is not None:
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
        headers["content-disposition"] = f'attachment; filename="{safe}"'
    return Response(data, media_type="image/jpeg", headers=headers)
