"""Runs `printability run` as it is and notes, beside it, which number each rated frame showed.

usage: numbered_run.py NOTES SHOTS FRAMES run --config …

NOTES gets a JSON line per rated frame (its index and number) and, every 250 frames, one with the
process's resident memory, open descriptors and threads.  After SHOTS shots and FRAMES frames the
process is asked to end, as systemd asks: by SIGTERM.
"""

import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import painted

from device.cli import main
from device.daemon.frame_loop import FrameLoop

notes_file, shots_wanted, frames_wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
notes = Path(notes_file).open("w", buffering=1)  # noqa: SIM115 - open as long as it runs
counts = {"frames": 0, "shots": 0}
step = FrameLoop.step


def resident_kilobytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0])


def noted_step(loop, frame):
    rated = step(loop, frame)
    counts["frames"] += 1
    counts["shots"] += rated.decision.shot is not None
    line = {
        "frame": rated.rating.frame,
        "number": painted.read(frame.image),
        "score": rated.rating.score,
    }
    notes.write(json.dumps(line) + "\n")
    if counts["frames"] % 250 == 0:
        usage = {
            "frames": counts["frames"],
            "resident_kb": resident_kilobytes(),
            "descriptors": len(list(Path("/proc/self/fd").iterdir())),
            "threads": len(list(Path("/proc/self/task").iterdir())),
        }
        notes.write(json.dumps(usage) + "\n")
    if counts["shots"] >= shots_wanted and counts["frames"] >= frames_wanted:
        os.kill(os.getpid(), signal.SIGTERM)
    return rated


FrameLoop.step = noted_step
sys.exit(main(sys.argv[4:]))
