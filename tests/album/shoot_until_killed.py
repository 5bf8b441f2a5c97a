"""A program for `test_album_killed`: shoots into an album while it is killed again and again.

It forks a child that opens the album, announces what an earlier one left, and then saves and
announces shots without pause; the parent kills it with SIGKILL at a random time and forks the
next, until the album holds enough shots and enough kills were survived.  Forking saves the start
of Python, which would take most of the time.  The child says when it saved a shot, so that the
kills fall between opening and its sixth shot on slow machines too.  Prints JSON: kills, how many
of them before the first shot, and how many times the index was removed.
"""

import json
import os
import random
import signal
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from device.album.album import Album
from device.config.album import AlbumSettings
from device.vision.geometry import Box
from device.vision.rating import EyeReading, FaceReading, SmileReading, rate


def announce(album: Album, journal: Path, shot_id: str) -> None:
    """As the daemon does: the event is safe elsewhere first, then noted in the album."""
    handle = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{shot_id}\n".encode())
    os.close(handle)
    album.mark_announced(shot_id)


def shoot(folder: Path, journal: Path, progress: int) -> None:
    picture = np.random.default_rng().integers(0, 255, (120, 160, 3), np.uint8)
    face = FaceReading(
        Box(0.4, 0.1, 0.2, 0.3), 0.99, 40.0, SmileReading((0, 0, 0.1, 0.9)), EyeReading("open", 2)
    )
    album = Album(folder, AlbumSettings(min_free_megabytes=0), camera_name="killed")
    for left in album.unannounced():
        announce(album, journal, left.id)
    for frame in range(1_000_000):
        rating = rate([face], frame=frame, time=datetime.now(UTC))
        beside = [(picture, rating)] * (frame % 3)
        shot = album.save(str(uuid.uuid4()), "score", picture, rating, 3, beside)
        announce(album, journal, shot.id)
        os.write(progress, b".")


def let_live(chance: random.Random, progress: int) -> int:
    """Wait for a few shots and a part of the next; returns how many were seen."""
    started_s = last_s = time.monotonic()
    shots = chance.randrange(6)
    for _ in range(shots):
        if not os.read(progress, 1):
            sys.exit("the child ended before it was killed")
        last_s, started_s = time.monotonic(), last_s
    time.sleep(chance.uniform(0.0, last_s - started_s if shots else 0.1))
    return shots


def winners(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    return sum(p.suffix == ".jpg" and p.stem[-2] != "-" for p in folder.iterdir())


def main(folder: Path, journal: Path, shots: int, least_kills: int, seed: int) -> None:
    chance = random.Random(seed)
    kills = early = lost_indexes = 0
    while winners(folder) < shots or kills < least_kills:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                shoot(folder, journal, writing)
            finally:
                os._exit(3)  # it must be killed, never end
        os.close(writing)
        early += not let_live(chance, reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        kills += 1
        if chance.random() < 0.1:
            (folder / ".album" / "index.sqlite3").unlink(missing_ok=True)
            lost_indexes += 1
    sys.stdout.write(json.dumps({"kills": kills, "early": early, "lost_indexes": lost_indexes}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *(int(number) for number in sys.argv[3:6]))
