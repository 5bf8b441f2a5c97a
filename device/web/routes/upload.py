"""Rating pictures that people bring."""

import asyncio
import base64
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Final, Self, TypeVar

from fastapi import APIRouter, File, HTTPException, Query, Request, Response, UploadFile
from pydantic import BaseModel, Field

from device.messages.rating import rating_to_json
from device.vision.annotation import annotate
from device.vision.image_file import ImageError
from device.web.live_picture import encode_jpeg, no_wider
from device.web.parts import Parts, WebParts
from device.web.problems import REFUSALS, refusals
from device.web.rate_limit import RateLimit

logger = logging.getLogger(__name__)
router = APIRouter(tags=["upload"], responses={**REFUSALS, **refusals(413, 429)})

MEGA: Final = 1_000_000
PREVIEW_WIDTH_PX: Final = 1280
PREVIEW_QUALITY: Final = 82
ANNOTATED_QUALITY: Final = 92
# Uploads waiting for their turn, besides the one being rated.
MOST_WAITING: Final = 4
# Added to the nice value of the rating thread: the live camera comes first.
NICENESS: Final = 10
T = TypeVar("T")


class UploadDesk:
    """One rating at a time, on one thread of low priority; few wait, the others are sent away."""

    def __init__(self, files_per_minute: int) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="web-upload", initializer=_give_way)
        self._present = 0
        self._limit = RateLimit(files_per_minute, burst=max(files_per_minute, 1))

    async def __aenter__(self) -> Self:
        if self._present > MOST_WAITING:
            raise HTTPException(429, "others are uploading; try again soon", {"retry-after": "5"})
        self._present += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._present -= 1

    def refuse_haste(self, address: str, files: int) -> None:
        """Count files of an address.

        Raises:
            HTTPException: 429, they are too many.
        """
        wait_s = self._limit.wait_s(address, files)
        if wait_s:
            raise HTTPException(
                429,
                f"too many uploads from here; wait {wait_s:.0f} s",
                {"retry-after": str(int(wait_s) + 1)},
            )

    async def work(self, job: Callable[[], T]) -> T:
        """Run a job when its turn comes."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, job)

    def close(self) -> None:
        """End the thread after the job in progress."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class RatedUpload(BaseModel):
    """What became of one file."""

    file: str = Field(description="The file's name as sent.")
    error: str | None = Field(default=None, description="Why it could not be rated.")
    width_px: int | None = Field(default=None, description="Width of the upright picture.")
    height_px: int | None = Field(default=None, description="Height of the upright picture.")
    rating: dict[str, Any] | None = Field(
        default=None, description="The rating, as everywhere else."
    )
    preview: str | None = Field(
        default=None, description="The upright picture as a JPEG data URL, if asked for."
    )


FilesField = Annotated[
    list[UploadFile], File(description="Pictures: JPEG, PNG, WebP, TIFF and others.")
]


@router.post("/api/ratings")
async def rate_uploads(
    request: Request,
    parts: Parts,
    files: FilesField,
    preview: Annotated[bool, Query(description="Send a reduced picture back too.")] = False,
) -> list[RatedUpload]:
    """Rate pictures with the very code that rates the camera's.  Nothing is kept.

    Each file has its own answer: a rating, or an error in a sentence.
    """
    most = parts.settings.upload_max_files
    if len(files) > most:
        raise HTTPException(413, f"{len(files)} files were sent; at most {most} at a time")
    desk = _desk(request)
    desk.refuse_haste(_address(request), len(files))
    async with desk:
        return [await _rate_one(desk, parts, file, preview=preview) for file in files]


@router.post(
    "/api/ratings/annotated",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The annotated picture."}},
)
async def annotate_upload(
    request: Request, parts: Parts, file: Annotated[UploadFile, File(description="A picture.")]
) -> Response:
    """The picture in full size with boxes, smiles, eyes and score drawn on it.  Nothing is kept."""
    desk = _desk(request)
    desk.refuse_haste(_address(request), 1)

    def draw(data: bytes) -> bytes:
        image, rating = parts.uploads.rate(data, parts.settings.upload_max_megapixels * MEGA)
        return encode_jpeg(annotate(image, rating), ANNOTATED_QUALITY)

    async with desk:
        try:
            data = await _read(file, parts)
            return Response(await desk.work(lambda: draw(data)), media_type="image/jpeg")
        except ImageError as error:
            raise HTTPException(422, _sentence(error)) from error


async def _rate_one(
    desk: UploadDesk, parts: WebParts, file: UploadFile, *, preview: bool
) -> RatedUpload:
    name = _shown_name(file)

    def work(data: bytes) -> RatedUpload:
        image, rating = parts.uploads.rate(data, parts.settings.upload_max_megapixels * MEGA)
        height_px, width_px = image.shape[:2]
        return RatedUpload(
            file=name,
            width_px=width_px,
            height_px=height_px,
            rating=rating_to_json(rating),
            preview=_data_url(no_wider(image, PREVIEW_WIDTH_PX)) if preview else None,
        )

    try:
        data = await _read(file, parts)
        return await desk.work(lambda: work(data))
    except ImageError as error:
        return RatedUpload(file=name, error=_sentence(error))


async def _read(file: UploadFile, parts: WebParts) -> bytes:
    """The file's bytes.

    Raises:
        ImageError: it is empty or too large.
    """
    most = parts.settings.upload_max_megabytes
    if file.size is not None and file.size > most * MEGA:
        raise ImageError(
            f"the image has {file.size / MEGA:.1f} megabytes; at most {most} are taken"
        )
    data = await file.read()
    if not data:
        raise ImageError("the image is empty: it has no bytes")
    return data


def _data_url(image: Any) -> str:
    jpeg = encode_jpeg(image, PREVIEW_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def _shown_name(file: UploadFile) -> str:
    name = (file.filename or "picture").replace("\\", "/").rsplit("/", 1)[-1][:200]
    return name.encode("utf-8", "replace").decode("utf-8")


def _sentence(error: ImageError) -> str:
    return str(error).encode("utf-8", "replace").decode("utf-8")


def _desk(request: Request) -> UploadDesk:
    desk: UploadDesk = request.app.state.desk
    return desk


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _give_way() -> None:
    """Lower the priority of the calling thread alone (Linux counts niceness per thread)."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    except OSError as error:
        logger.debug("Uploads keep the usual priority: %s", error)
