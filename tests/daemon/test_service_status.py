"""systemd hears of analysed frames, and of nothing else."""

from datetime import UTC, datetime

from device.daemon import service_status
from device.daemon.service_status import ServiceStatus
from device.vision.rating import rate

RATING = rate([], frame=1, time=datetime(2026, 1, 1, tzinfo=UTC))


class Recorder:
    """Stands in for systemd's socket."""

    def __init__(self):
        self.heard = []

    def ready(self):
        self.heard.append("ready")

    def watchdog_ping(self):
        self.heard.append("ping")

    def status(self, text):
        self.heard.append(text)


class Rate:
    """Stands in for the appliance's status."""

    def frames_per_second(self):
        return 12.34


def test_ready_comes_with_the_first_frame_and_only_once(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(service_status.time, "monotonic", lambda: now[0])
    notifier = Recorder()
    status = ServiceStatus(notifier, Rate())
    assert notifier.heard == []
    status.frame_rated(RATING)
    assert notifier.heard == ["ready", "ping", "score 0.0, 0 faces, 12.3 frames/s"]


def test_many_frames_make_one_ping_a_second(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(service_status.time, "monotonic", lambda: now[0])
    notifier = Recorder()
    status = ServiceStatus(notifier, Rate())
    for _ in range(60):
        status.frame_rated(RATING)
        now[0] += 0.05
    assert notifier.heard.count("ping") == 3
    assert notifier.heard.count("ready") == 1
