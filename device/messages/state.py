"""The appliance's state as the outside sees it: MQTT `state`, the page, `/metrics`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from device.messages.clock import format_time


@dataclass(frozen=True, slots=True)
class CameraState:
    """The camera: where frames come from and whether they come."""

    family: str
    model: str
    source: str
    connected: bool
    still_width_px: int
    still_height_px: int


@dataclass(frozen=True, slots=True)
class ModelState:
    """One model: its manifest name, what it is verified against, what runs it."""

    name: str
    sha256: str
    runtime: str


@dataclass(frozen=True, slots=True)
class FrameState:
    """Counts since the start and rates of the last seconds."""

    rated: int
    dropped: int
    per_second: float
    rating_ms: float


@dataclass(frozen=True, slots=True)
class ShotState:
    """Shots: since the start, today (local time), the last one's id."""

    total: int
    today: int
    last_id: str | None


@dataclass(frozen=True, slots=True)
class DiskState:
    """The album's disk."""

    free_megabytes: float
    floor_megabytes: float
    photos: int


@dataclass(frozen=True, slots=True)
class HealthState:
    """The machine.  None where it cannot say (no sensor)."""

    temperature_celsius: float | None
    under_voltage: bool | None
    throttled: bool | None
    slowed_down: bool


@dataclass(frozen=True, slots=True)
class BrokerState:
    """The connection to the broker: `error` says in a sentence why there is none.

    `queued_shots` wait in the outbox; `dropped_shots` had to make room there, ever.
    """

    enabled: bool
    connected: bool
    error: str | None
    queued_shots: int
    dropped_shots: int = 0


@dataclass(frozen=True, slots=True)
class ErrorState:
    """The last error a person should know of."""

    time: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ApplianceState:
    """Everything.  `online` means that frames are being analysed; `reason` says why not."""

    time: datetime
    version: str
    id: str
    name: str
    online: bool
    reason: str | None
    camera: CameraState
    models: Mapping[str, ModelState]
    frames: FrameState
    shots: ShotState
    disk: DiskState
    health: HealthState
    broker: BrokerState
    threshold: float
    paused: bool
    waiting_for: str | None
    score_interval_s: float
    memory_megabytes: float
    uptime_s: float
    last_error: ErrorState | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def state_to_json(state: ApplianceState) -> dict[str, Any]:
    """The state as published; times as text."""
    data = asdict(state)
    data["time"] = format_time(state.time)
    if state.last_error is not None:
        data["last_error"] = {
            "time": format_time(state.last_error.time),
            "text": state.last_error.text,
        }
    return data
