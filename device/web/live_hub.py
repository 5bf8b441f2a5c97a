"""From the frame loop to many viewers: no viewer, no work; many viewers, still one encoding.

All coroutines run on the server's event loop; what blocks (waiting for a picture or a shot,
encoding) runs on two threads of the hub's own.  A viewer asks for its next picture after it has
shown the last: a slow phone asks less often and delays nobody.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from device.messages.shot import ShotEvent
from device.messages.state import ApplianceState
from device.web.appliance import LiveView, ShotFeed
from device.web.live_picture import EncodedPicture, encode_picture

logger = logging.getLogger(__name__)

WAIT_S: Final = 1.0
STATUS_INTERVAL_S: Final = 1.0
RETRY_S: Final = 2.0
T = TypeVar("T")


class LiveHub:
    """Hands out pictures, shots and the status to viewers.  Made on the event loop's thread."""

    def __init__(
        self,
        live: LiveView,
        shots: ShotFeed,
        state: Callable[[], ApplianceState],
        *,
        width_px: int,
        frame_rate: float,
    ) -> None:
        self._live, self._shots, self._state = live, shots, state
        self._width_px, self._interval_s = width_px, 1 / frame_rate
        self._pool = ThreadPoolExecutor(3, thread_name_prefix="web-live")
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._hungry = 0
        self.watchers = 0
        self.viewers = 0
        self.encoded = 0
        self.picture: EncodedPicture | None = None
        self.shot: ShotEvent | None = None
        self.shots_seen = 0
        self.status: dict[str, Any] | None = None

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncGenerator[None, None]:
        """Follow shots and the status; the first watcher starts the work, the last ends it."""
        self.watchers += 1
        if self.watchers == 1:
            self._tasks = [
                asyncio.create_task(self._follow_pictures(), name="live pictures"),
                asyncio.create_task(self._follow_shots(), name="live shots"),
                asyncio.create_task(self._follow_status(), name="live status"),
            ]
        try:
            yield
        finally:
            self.watchers -= 1
            if self.watchers == 0:
                for task in self._tasks:
                    task.cancel()
                self.picture = self.status = None

    @contextlib.asynccontextmanager
    async def viewing(self) -> AsyncGenerator[None, None]:
        """Be counted as a viewer of the live picture."""
        self.viewers += 1
        self._live.attach()
        try:
            yield
        finally:
            self.viewers -= 1
            self._live.detach()

    async def next_picture(self, after: int) -> EncodedPicture:
        """Wait for a picture newer than `after`; one is made only while somebody waits."""
        async with self._changed:
            self._hungry += 1
            self._changed.notify_all()
            try:
                await self._changed.wait_for(
                    lambda: self.picture is not None and self.picture.sequence > after
                )
            finally:
                self._hungry -= 1
            assert self.picture is not None
            return self.picture

    async def next_shot(self, seen: int) -> tuple[int, ShotEvent]:
        """Wait until more shots than `seen` were taken; their number and the newest of them."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.shots_seen > seen)
            assert self.shot is not None
            return self.shots_seen, self.shot

    async def next_status(self, after: dict[str, Any] | None) -> dict[str, Any]:
        """Wait for another status than `after`."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: self.status is not None and self.status is not after
            )
            assert self.status is not None
            return self.status

    def close(self) -> None:
        """End the threads; a wait in progress ends within a second."""
        for task in self._tasks:
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run something short that may block."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _follow_pictures(self) -> None:
        newest = -1

        def next_encoded() -> EncodedPicture | None:
            picture = self._live.wait(newest, WAIT_S)
            return encode_picture(picture, self._width_px) if picture is not None else None

        async def step() -> None:
            nonlocal newest
            async with self._changed:
                await self._changed.wait_for(lambda: self._hungry > 0)
            started_s = time.monotonic()
            encoded = await self.in_thread(next_encoded)
            if encoded is not None:
                newest = encoded.sequence
                self.encoded += 1
                async with self._changed:
                    self.picture = encoded
                    self._changed.notify_all()
            # A closed feed answers at once: the pause also keeps this from spinning.
            await asyncio.sleep(max(0.0, started_s + self._interval_s - time.monotonic()))

        await _for_ever(step, "the live picture")

    async def _follow_shots(self) -> None:
        # The newest shot of before is no news to anybody.
        before = await self.in_thread(lambda: self._shots.wait(None, 0.0))
        after = before.id if before else None

        async def step() -> None:
            nonlocal after
            started_s = time.monotonic()
            shot = await self.in_thread(lambda: self._shots.wait(after, WAIT_S))
            if shot is not None:
                after = shot.id
                async with self._changed:
                    self.shot = shot
                    self.shots_seen += 1
                    self._changed.notify_all()
            elif time.monotonic() - started_s < WAIT_S / 2:
                # A closed feed answers at once: this must not spin.
                await asyncio.sleep(WAIT_S)

        await _for_ever(step, "new shots")

    async def _follow_status(self) -> None:
        async def step() -> None:
            state = await self.in_thread(self._state)
            async with self._changed:
                self.status = brief_status(state)
                self._changed.notify_all()
            await asyncio.sleep(STATUS_INTERVAL_S)

        await _for_ever(step, "the status")


async def _for_ever(step: Callable[[], Awaitable[None]], what: str) -> None:
    """Repeat; what fails is logged once per failure and tried again a little later."""
    while True:
        try:
            await step()
        except RuntimeError:
            return  # the threads were shut down: the server stops
        except Exception:
            logger.exception("Viewers are not told of %s for now", what)
            await asyncio.sleep(RETRY_S)


def brief_status(state: ApplianceState) -> dict[str, Any]:
    """What the live page shows beside the picture."""
    return {
        "online": state.online,
        "reason": state.reason,
        "paused": state.paused,
        "threshold": state.threshold,
        "frames_per_second": state.frames.per_second,
        "photos": state.disk.photos,
    }
