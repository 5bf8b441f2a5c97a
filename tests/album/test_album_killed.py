"""SIGKILL at any time: only whole photos, a true index, and no shot event lost."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from device.album.album import Album
from device.album.metadata import read_record, read_shot
from device.config.album import AlbumSettings

SHOTS = 200
KILLS = 30
ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("shoot_until_killed.py")


@pytest.fixture
def quick_disk(tmp_path):
    """Memory where there is some: killing a process does not empty the disk's cache anyway."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_two_hundred_shots_of_a_process_that_is_killed_all_the_time(quick_disk, capsys):
    folder, journal = quick_disk / "album", quick_disk / "announced"
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), str(journal), str(SHOTS), str(KILLS), "7"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    leftovers = len(list(folder.glob(".*.part")))

    with Album(folder, AlbumSettings(min_free_megabytes=0), camera_name="x") as album:
        with journal.open("a") as announced:
            announced.writelines(f"{shot.id}\n" for shot in album.unannounced())
        files = sorted(path for path in folder.iterdir() if path.suffix == ".jpg")
        for path in files:
            with Image.open(path) as photo:
                photo.load()  # raises where the file is cut short
            assert path.read_bytes()[-2:] == b"\xff\xd9"
            assert read_shot(path).bytes == path.stat().st_size
        listed = album.entries(limit=10_000)
        beside = [entry for one in listed for entry in album.runners_up(one.id)]

    records = [read_record(path) for path in files]
    winners = {record.shot.id for record in records if record.runner_up_of is None}
    assert not list(folder.glob(".*.part"))
    assert {entry.id for entry in listed} == winners
    names = {path.name for path in files}
    orphans = [r for r in records if r.runner_up_of and r.runner_up_of not in winners]
    assert {e.file for e in (*listed, *beside)} == names - {r.shot.file for r in orphans}
    assert all(set(entry.shot.runners_up) <= names for entry in listed), "a burst is incomplete"
    assert len({entry.number for entry in listed}) == len(listed)
    assert [entry.file for entry in listed] == sorted((e.file for e in listed), reverse=True)
    assert set(journal.read_text().split()) == winners, "an event was lost"
    assert len(winners) >= SHOTS
    assert report["kills"] >= KILLS
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(winners)} shots ({len(files)} photos), {report['kills']} times killed, "
            f"{report['early']} of them before the first shot, {report['lost_indexes']} indexes "
            f"removed: 0 damaged photos, 0 lost events, {len(orphans)} runners-up without winner, "
            f"{leftovers} half-written files of the last kill removed\n"
        )
