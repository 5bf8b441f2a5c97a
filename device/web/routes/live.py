"""The live picture and the news, over WebSockets."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field

from device.messages.shot import shot_to_json
from device.web.access import Role
from device.web.live_hub import LiveHub
from device.web.parts import CurrentVisitor, Parts
from device.web.problems import REFUSALS

router = APIRouter(tags=["live"], responses=REFUSALS)

# Two pictures under way hide the network's delay; more would only make them old.
PICTURES_UNDER_WAY: Final = 2
SEND_TIMEOUT_S: Final = 20.0
TRY_AGAIN_LATER: Final = 1013
MOST_WATCHERS_PER_VIEWER: Final = 5


def hub_of(connection: WebSocket) -> LiveHub:
    """The hub of this server."""
    hub: LiveHub = connection.app.state.hub
    return hub


Hub = Annotated[LiveHub, Depends(hub_of)]


class Credit:
    """How many pictures a viewer may still be sent, at most `most`."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most
        self._some = asyncio.Event()
        self._some.set()

    def give(self) -> None:
        """One picture was shown."""
        self._left = min(self._most, self._left + 1)
        self._some.set()

    async def take(self) -> None:
        """Wait until another may be sent."""
        await self._some.wait()
        self._left -= 1
        if self._left == 0:
            self._some.clear()


class ScorePoint(BaseModel):
    """One point of the strip chart."""

    time_s: float = Field(description="Unix time in seconds.")
    score: float = Field(description="The score, 0 to 1.")
    expected_score: float = Field(description="The finer score, 0 to 1.")


@router.get("/api/live/history")
def history(parts: Parts) -> list[ScorePoint]:
    """The scores of the last two minutes, oldest first."""
    return [
        ScorePoint(time_s=time_s, score=score, expected_score=expected)
        for time_s, score, expected in parts.live.history()
    ]


@router.websocket("/api/live")
async def live(socket: WebSocket, parts: Parts, hub: Hub) -> None:
    """Pictures as binary messages, shots and the status as JSON.

    The viewer says `next` after each picture it has shown and gets no more than it asks for.
    """
    if hub.viewers >= parts.settings.max_viewers:
        await socket.accept()
        await socket.close(TRY_AGAIN_LATER, "too many viewers")
        return
    # Counted before the first wait, so that two who come at once cannot both be the last.
    async with hub.viewing(), hub.watching():
        await socket.accept()
        credit = Credit(PICTURES_UNDER_WAY)
        sending = asyncio.Lock()
        await _until_left(
            _listen(socket, credit),
            _send_pictures(socket, hub, credit, sending),
            _send_shots(socket, hub, sending),
            _send_status(socket, hub, sending),
        )


@router.websocket("/api/events")
async def events(socket: WebSocket, parts: Parts, hub: Hub, visitor: CurrentVisitor) -> None:
    """New shots as JSON, for the album; for the owner the status too."""
    if hub.watchers >= parts.settings.max_viewers * MOST_WATCHERS_PER_VIEWER:
        await socket.accept()
        await socket.close(TRY_AGAIN_LATER, "too many viewers")
        return
    async with hub.watching():
        await socket.accept()
        sending = asyncio.Lock()
        work = [_listen(socket, None), _send_shots(socket, hub, sending)]
        if visitor.role is Role.OWNER:
            work.append(_send_status(socket, hub, sending))
        await _until_left(*work)


async def _until_left(*work: Awaitable[None]) -> None:
    """Run all until one ends, which is when the viewer has gone; then end the others."""
    tasks = [asyncio.ensure_future(job) for job in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        with contextlib.suppress(WebSocketDisconnect, TimeoutError, asyncio.CancelledError):
            task.result()


async def _listen(socket: WebSocket, credit: Credit | None) -> None:
    """Hear when the viewer wants the next picture or leaves."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if credit is not None and message.get("text") == "next":
            credit.give()


async def _send_pictures(
    socket: WebSocket, hub: LiveHub, credit: Credit, sending: asyncio.Lock
) -> None:
    newest = -1
    while True:
        await credit.take()
        picture = await hub.next_picture(newest)
        newest = picture.sequence
        await _send(sending, partial(socket.send_bytes, picture.message))


async def _send_shots(socket: WebSocket, hub: LiveHub, sending: asyncio.Lock) -> None:
    seen = hub.shots_seen
    while True:
        seen, shot = await hub.next_shot(seen)
        news = {"type": "shot", "shot": shot_to_json(shot)}
        await _send(sending, partial(socket.send_json, news))


async def _send_status(socket: WebSocket, hub: LiveHub, sending: asyncio.Lock) -> None:
    status: dict[str, Any] | None = None
    while True:
        status = await hub.next_status(status)
        news = {"type": "status", **status}
        await _send(sending, partial(socket.send_json, news))


async def _send(sending: asyncio.Lock, send: Callable[[], Awaitable[None]]) -> None:
    """Send one message at a time; who takes none for long has gone.

    Raises:
        TimeoutError: the viewer took nothing for `SEND_TIMEOUT_S`.
    """
    async with sending, asyncio.timeout(SEND_TIMEOUT_S):
        await send()
