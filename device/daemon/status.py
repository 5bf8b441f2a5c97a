"""The appliance's own account of itself, kept up to date by its parts."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from device import __version__
from device.camera.frame import CameraInfo
from device.camera.network_address import shown_address
from device.config.appliance import ApplianceConfig
from device.daemon.frame_rate import FrameRateMeter
from device.messages.shot import ShotEvent
from device.messages.state import (
    ApplianceState,
    BrokerState,
    CameraState,
    DiskState,
    ErrorState,
    FrameState,
    HealthState,
    ModelState,
    ShotState,
)

UNKNOWN_HEALTH: Final = HealthState(None, None, None, slowed_down=False)


@dataclass(frozen=True, slots=True)
class StatusSources:
    """Where the status asks for what others know."""

    config: Callable[[], ApplianceConfig]
    dropped: Callable[[], int]
    disk: Callable[[], DiskState]
    broker: Callable[[], BrokerState]
    models: Mapping[str, ModelState]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the parts reported last."""

    connected: bool = False
    reason: str | None = "starting"
    camera: CameraInfo | None = None
    rated: int = 0
    waiting_for: str | None = None
    paused: bool = False
    shots: int = 0
    shots_today: int = 0
    today: str = ""
    last_shot_id: str | None = None
    health: HealthState = UNKNOWN_HEALTH
    error: ErrorState | None = None


class ApplianceStatus:
    """Collects facts from every thread and reports them as one `ApplianceState`."""

    def __init__(self, sources: StatusSources) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._facts = _Facts()
        self._meter = FrameRateMeter()
        self._started_s = time.monotonic()

    def camera_changed(self, connected: bool, reason: str | None) -> None:
        """The camera came or went; frames have yet to be rated for `online`."""
        self._update(connected=connected, reason=reason if not connected else None)

    def camera_opened(self, info: CameraInfo) -> None:
        """The camera said what it is."""
        self._update(camera=info)

    def frame_rated(self, took_s: float, waiting_for: str | None) -> None:
        """A frame went its way."""
        with self._lock:
            self._meter.add(time.monotonic(), took_s)
            self._facts = replace(
                self._facts,
                connected=True,
                reason=None,
                rated=self._facts.rated + 1,
                waiting_for=waiting_for,
            )

    def paused_changed(self, paused: bool) -> None:
        """Shooting was paused or resumed."""
        self._update(paused=paused)

    def shot_saved(self, shot: ShotEvent) -> None:
        """A photo lies in the album."""
        today = datetime.now().astimezone().date().isoformat()
        with self._lock:
            facts = self._facts
            self._facts = replace(
                facts,
                shots=facts.shots + 1,
                shots_today=facts.shots_today + 1 if facts.today == today else 1,
                today=today,
                last_shot_id=shot.id,
            )

    def shots_before(self, today_count: int, last_id: str | None) -> None:
        """What the album held at the start."""
        today = datetime.now().astimezone().date().isoformat()
        self._update(shots_today=today_count, today=today, last_shot_id=last_id)

    def health_changed(self, health: HealthState) -> None:
        """The machine's condition."""
        self._update(health=health)

    def error(self, text: str) -> None:
        """Something a person should know of went wrong."""
        self._update(error=ErrorState(datetime.now(UTC), text))

    @property
    def rated(self) -> int:
        """Frames rated since the start."""
        with self._lock:
            return self._facts.rated

    def frames_per_second(self) -> float:
        """Frames rated per second, lately."""
        with self._lock:
            return self._meter.per_second(time.monotonic())

    def report(self) -> ApplianceState:
        """Everything, as of now."""
        sources = self._sources
        config = sources.config()
        now_s = time.monotonic()
        with self._lock:
            facts = self._facts
            frames = FrameState(
                rated=facts.rated,
                dropped=sources.dropped(),
                per_second=round(self._meter.per_second(now_s), 2),
                rating_ms=round(self._meter.rating_ms(now_s), 1),
            )
        today = datetime.now().astimezone().date().isoformat()
        return ApplianceState(
            time=datetime.now(UTC),
            version=__version__,
            id=config.device.id,
            name=config.device.name,
            online=facts.connected and facts.rated > 0,
            reason=facts.reason,
            camera=_camera_state(facts, config.camera.source),
            models=sources.models,
            frames=frames,
            shots=ShotState(
                facts.shots, facts.shots_today if facts.today == today else 0, facts.last_shot_id
            ),
            disk=sources.disk(),
            health=facts.health,
            broker=sources.broker(),
            threshold=config.shutter.threshold,
            paused=facts.paused,
            waiting_for=facts.waiting_for,
            score_interval_s=config.mqtt.score_interval_s,
            memory_megabytes=resident_megabytes(),
            uptime_s=round(now_s - self._started_s, 1),
            last_error=facts.error,
        )

    def _update(self, **changes: object) -> None:
        with self._lock:
            self._facts = replace(self._facts, **changes)  # type: ignore[arg-type]


def _camera_state(facts: _Facts, source: str) -> CameraState:
    info = facts.camera
    return CameraState(
        family=info.family if info else "",
        model=info.model if info else "",
        source=shown_address(source),
        connected=facts.connected,
        still_width_px=info.still_width_px if info else 0,
        still_height_px=info.still_height_px if info else 0,
    )


def resident_megabytes() -> float:
    """Resident memory of this process in megabytes (10⁶ bytes)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
