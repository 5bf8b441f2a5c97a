"""Many cameras on one broker: no shot is lost, and what each costs is printed.

The cameras are simulated: real links, real outboxes on disk, replayed ratings at 15 frames a
second, in one process (two threads a camera).  CPU is that of the links' own threads, memory what
the process grew by, both divided by the cameras.
"""

import os
import time
from pathlib import Path

import pytest

from device.messages.state import state_to_json

FRAMES_PER_S = 15
IMAGE = b"\xff\xd8" + bytes(100_000)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def resident_bytes(pid="self"):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def process_cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def thread_cpu_s(link):
    threads = (link._thread, link._desk._thread)
    return sum(time.clock_gettime(time.pthread_getcpuclockid(t.ident)) for t in threads)


def run_fleet(kit, camera, broker, subscribe, *, cameras, seconds, shot_every_s):
    seen = subscribe(broker.port, "printability/+/shot", "printability/+/score")
    before_bytes = resident_bytes()
    broker_before_s = process_cpu_s(broker.process.pid)
    fleet = [camera(broker.port, camera_id=f"camera-{n:03d}") for n in range(cameras)]
    for made in fleet:
        made.link._delivery._shot_image = lambda _event: IMAGE
        made.state = kit.make_state(id=made.identity.id)
        made.link._state = lambda made=made: state_to_json(made.state)
    for made in fleet:
        made.wait_connected(30)
        made.link.set_available(online=True, reason=None)
    ratings = [kit.make_rating(n, faces=1 + n % 3) for n in range(60)]
    shots = 0
    start_s = time.monotonic()
    cpu_before_s = sum(thread_cpu_s(made.link) for made in fleet)
    tick = 0
    while (now_s := time.monotonic() - start_s) < seconds:
        for number, made in enumerate(fleet):
            made.link.publish_score(ratings[tick % len(ratings)])
            # Each camera shoots at moments of its own.
            if (now_s + number * shot_every_s / cameras) // shot_every_s > made.requests.shots_due:
                made.requests.shots_due += 1
                made.link.add_shot(kit.make_shot(f"{made.identity.id}-{made.requests.shots_due}"))
                shots += 1
        tick += 1
        time.sleep(max(0.0, start_s + tick / FRAMES_PER_S - time.monotonic()))
    lasted_s = time.monotonic() - start_s
    kit.eventually(lambda: sum(made.outbox.depth for made in fleet) == 0, 60)
    cpu_s = sum(thread_cpu_s(made.link) for made in fleet) - cpu_before_s
    grown = resident_bytes() - before_bytes
    broker_cpu_s = process_cpu_s(broker.process.pid) - broker_before_s

    def arrived():
        return {
            bytes(m.payload).split(b'"', 4)[3]
            for m in list(seen.messages)
            if m.topic.endswith("shot")
        }

    kit.eventually(lambda: len(arrived()) == shots, 30, f"the arrival of all {shots} shots")
    scores = sum(1 for m in seen.messages if m.topic.endswith("score"))
    print(  # noqa: T201 - measured, shown with -s
        f"\n{cameras} cameras for {lasted_s:.0f} s: {shots} shots, all arrived; {scores} scores\n"
        f"per camera: {cpu_s / lasted_s / cameras * 100:.2f} % of one core, "
        f"{grown / cameras / 1e6:.2f} MB, {scores / lasted_s / cameras:.2f} scores/s\n"
        f"broker: {broker_cpu_s / lasted_s * 100:.1f} % of one core, "
        f"{resident_bytes(broker.process.pid) / 1e6:.1f} MB"
    )
    assert shots >= cameras
    return scores, cpu_s / lasted_s / cameras


@pytest.fixture(autouse=True)
def shot_counters(kit, monkeypatch):
    monkeypatch.setattr(kit.Requests, "shots_due", 0, raising=False)


def test_ten_cameras_lose_no_shot(broker, camera, subscribe, kit):
    run_fleet(kit, camera, broker, subscribe, cameras=10, seconds=3, shot_every_s=1.0)


@pytest.mark.slow
def test_100_cameras_for_a_minute_lose_no_shot(broker, camera, subscribe, kit):
    scores, cpu = run_fleet(
        kit, camera, broker, subscribe, cameras=100, seconds=60, shot_every_s=5.0
    )
    assert scores > 100 * 60 * 0.5
    assert cpu < 0.02, "two percent of a core at most"
