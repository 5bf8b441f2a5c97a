"""The state in Prometheus' text format (version 0.0.4)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from device.messages.state import ApplianceState

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metric(NamedTuple):
    """One metric; absent where its value is None."""

    name: str
    kind: str
    help: str
    value: float | None


def render_metrics(state: ApplianceState) -> str:
    """The text of all metrics."""
    labels = {"id": state.id, "version": state.version, "camera": state.camera.model}
    label_text = ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items())
    lines = [
        "# HELP printability_info What runs here.",
        "# TYPE printability_info gauge",
        f"printability_info{{{label_text}}} 1",
    ]
    for metric in _metrics(state):
        if metric.value is not None:
            name = f"printability_{metric.name}"
            lines += [
                f"# HELP {name} {metric.help}",
                f"# TYPE {name} {metric.kind}",
                f"{name} {float(metric.value):.15g}",
            ]
    return "\n".join(lines) + "\n"


def _metrics(state: ApplianceState) -> Iterator[Metric]:
    frames, health, broker = state.frames, state.health, state.broker
    yield Metric("online", "gauge", "1 while frames are analysed.", state.online)
    yield Metric("camera_connected", "gauge", "1 while the camera works.", state.camera.connected)
    yield Metric("paused", "gauge", "1 while shooting is paused.", state.paused)
    yield Metric("threshold", "gauge", "Score a moment must reach, 0 to 1.", state.threshold)
    yield Metric("frames_rated_total", "counter", "Frames rated since the start.", frames.rated)
    yield Metric("frames_dropped_total", "counter", "Frames dropped, unrated.", frames.dropped)
    yield Metric("frames_per_second", "gauge", "Frames rated per second.", frames.per_second)
    yield Metric("rating_seconds", "gauge", "Time to rate a frame.", frames.rating_ms / 1000)
    yield Metric("shots_total", "counter", "Photos taken since the start.", state.shots.total)
    yield Metric("photos", "gauge", "Photos in the album.", state.disk.photos)
    yield Metric(
        "disk_free_bytes",
        "gauge",
        "Free space of the album's disk.",
        state.disk.free_megabytes * 1e6,
    )
    yield Metric(
        "disk_floor_bytes",
        "gauge",
        "Free space below which shooting stops.",
        state.disk.floor_megabytes * 1e6,
    )
    yield Metric(
        "temperature_celsius",
        "gauge",
        "Temperature of the processor.",
        health.temperature_celsius,
    )
    yield Metric("under_voltage", "gauge", "1 at too low a voltage.", health.under_voltage)
    yield Metric("throttled", "gauge", "1 while the processor is slowed.", health.throttled)
    yield Metric("slowed_down", "gauge", "1 while running at half rate.", health.slowed_down)
    yield Metric("broker_enabled", "gauge", "1 where a broker is configured.", broker.enabled)
    yield Metric("broker_connected", "gauge", "1 while the broker is there.", broker.connected)
    yield Metric("broker_queued_shots", "gauge", "Shots not delivered yet.", broker.queued_shots)
    yield Metric(
        "resident_memory_bytes", "gauge", "Memory of this process.", state.memory_megabytes * 1e6
    )
    yield Metric("uptime_seconds", "gauge", "Time since the start.", state.uptime_s)


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
