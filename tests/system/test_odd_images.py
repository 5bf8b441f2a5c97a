"""Every odd or broken image file gets a rating or one sentence, in bounded time and memory."""

import json
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path


def peak_megabytes(process, timeout_s):
    """Wait for a process; its peak resident memory, as the kernel counts it (VmHWM)."""
    deadline_s, peak_kb = time.monotonic() + timeout_s, 0
    while process.poll() is None:
        assert time.monotonic() < deadline_s, "still running"
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+)", status)
        peak_kb = max(peak_kb, int(found[1]) if found else 0)
        time.sleep(0.05)
    return peak_kb / 1000


def test_every_odd_file_is_rated_or_refused_in_a_sentence(data_folder, tmp_path):
    with tarfile.open(data_folder / "odd_images.tar") as archive:
        archive.extractall(tmp_path / "odd", filter="data")
    output, errors = tmp_path / "ratings.json", tmp_path / "errors.txt"
    with output.open("w") as out, errors.open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "device", "rate", "--json", str(tmp_path / "odd")],
            stdout=out,
            stderr=err,
        )
        peak_mb = peak_megabytes(process, timeout_s=300)
    results = json.loads(output.read_text(encoding="utf-8"))
    files = [path for path in (tmp_path / "odd").rglob("*") if path.is_file()]
    assert len(results) == len(files)
    assert "Traceback" not in errors.read_text(encoding="utf-8")
    for result in results:
        assert ("error" in result) != ("score" in result)
        if "error" in result:
            assert result["error"]
            assert "\n" not in result["error"]
    assert 50 < peak_mb < 1000
