"""The page and its API, put together from routes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import anyio.to_thread
from fastapi import FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp

from device import __version__
from device.web.guard import Guard
from device.web.live_hub import LiveHub
from device.web.parts import WebParts
from device.web.problems import answer_problems
from device.web.routes import album, control, guest_link, live, pages, session, state, upload
from device.web.static_files import load_static_files

MEGA: Final = 1_000_000
# Form boundaries and headers around the files.
FORM_OVERHEAD: Final = 1_000_000
# Threads for what reads the disk; the framework's own default is forty.
MOST_THREADS: Final = 4


def make_app(parts: WebParts) -> ASGIApp:
    """The whole ASGI application, guarded."""
    settings = parts.settings

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = MOST_THREADS
        app.state.hub = LiveHub(
            parts.live,
            parts.shots,
            parts.state,
            width_px=settings.live_width_px,
            frame_rate=settings.live_frame_rate,
        )
        app.state.desk = upload.UploadDesk(settings.uploads_per_minute)
        try:
            yield
        finally:
            app.state.hub.close()
            app.state.desk.close()

    app = FastAPI(
        title=parts.identity.name,
        version=__version__,
        summary="A camera that takes the photo worth printing.",
        description=(
            "Send the token as `Authorization: Bearer …`. Scores run from 0 to 1, boxes are "
            "normalised [x, y, width, height], times are RFC 3339 UTC. Every error is "
            '`{"error": "a sentence"}`.'
        ),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.parts = parts
    app.state.static_files = load_static_files()
    app.state.login_limits = session.LoginLimits()
    answer_problems(app)
    for module in (session, live, control, upload, album, guest_link, state, pages):
        app.include_router(module.router)
    most_bytes = settings.upload_max_request_megabytes * MEGA + FORM_OVERHEAD
    limited = RequestBodyLimitMiddleware(app, most_bytes)
    return Guard(limited, parts.access, parts.cookie_name, settings.allowed_hosts)
