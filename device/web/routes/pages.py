"""The pages and the files they are made of."""

from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from device.web.static_files import StaticFile

router = APIRouter(include_in_schema=False)

PAGES: Final = {
    "/": "live.html",
    "/upload": "upload.html",
    "/album": "album.html",
    "/state": "state.html",
    "/login": "login.html",
    "/api/docs": "docs.html",
}


@router.get("/static/{name}")
def static_file(name: str, request: Request) -> Response:
    """One file of the front end."""
    return _answer(request, name)


def _page(request: Request) -> Response:
    return _answer(request, PAGES[request.url.path])


for _path in PAGES:
    router.add_api_route(_path, _page, methods=["GET"])


def _answer(request: Request, name: str) -> Response:
    files: dict[str, StaticFile] = request.app.state.static_files
    file = files.get(name)
    if file is None:
        raise HTTPException(404, "there is no such file")
    headers = {"etag": file.etag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers={**headers, "content-type": file.content_type})
