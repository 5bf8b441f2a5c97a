"""Freed pictures go back to the system."""

import subprocess
import sys

PROGRAM = """
import threading
import numpy as np
from device.daemon.memory import give_memory_back
from device.daemon.status import resident_megabytes

assert give_memory_back()
before = resident_megabytes()

def handle_pictures():
    for _ in range(20):
        pictures = [np.ones(size, np.uint8) for size in (3_000_000, 9_000_000, 20_000_000)]

threads = [threading.Thread(target=handle_pictures) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(resident_megabytes() - before)
"""


def test_threads_that_handled_pictures_leave_nothing_behind():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 10
