"""A camera's announcing half as a process of its own, to be killed: real outbox, real link.

`shot_source.py PORT FOLDER SHOTS PAUSE_S` adds shots until SHOTS of them were added over all its
lives, then waits for the outbox to drain and ends.  Like the album it remembers how far it came
only after the outbox has taken a shot, so a kill in between makes it add the same shot again.
"""

import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from device.config.identity import IdentitySettings
from device.config.mqtt import MqttSettings
from device.messages.shot import ShotEvent
from device.mqtt.link import MqttLink
from device.mqtt.outbox import Outbox
from device.vision.rating import rate


def shot(number):
    now = datetime.now(UTC)
    return ShotEvent(
        id=f"shot-{number:05d}",
        time=now,
        cause="score",
        file=f"{number}.jpg",
        width_px=4056,
        height_px=3040,
        bytes=1,
        candidates=1,
        rating=rate([], frame=number, time=now),
    )


def main():
    port, folder, shots, pause_s = sys.argv[1:5]
    folder = Path(folder)
    settings = MqttSettings(
        enabled=True,
        host="127.0.0.1",
        port=int(port),
        reconnect_min_s=0.02,
        reconnect_max_s=0.2,
        home_assistant={"enabled": False},
    )
    outbox = Outbox(folder / "outbox.sqlite", settings.outbox_events)
    link = MqttLink(
        settings,
        IdentitySettings(id="booth"),
        outbox,
        lambda _name, _arguments: {},
        lambda _event: b"\xff\xd8" + bytes(2000),
        dict,
    )
    link.start()
    print("running", flush=True)  # noqa: T201 - the test waits for it
    progress = folder / "progress"
    first = int(progress.read_text()) + 1 if progress.exists() else 0
    for number in range(first, int(shots)):
        link.add_shot(shot(number))
        trial = folder / "progress.new"
        trial.write_text(str(number))
        trial.replace(progress)
        time.sleep(random.random() * 2 * float(pause_s))
    while outbox.depth:
        time.sleep(0.02)
    link.stop(5)
    outbox.close()


if __name__ == "__main__":
    main()
