"""Every odd or broken image file gets a rating or one sentence, in bounded time and memory."""

import json
import resource
import subprocess
import sys
import tarfile


def test_every_odd_file_is_rated_or_refused_in_a_sentence(data_folder, tmp_path):
    with tarfile.open(data_folder / "odd_images.tar") as archive:
        archive.extractall(tmp_path / "odd", filter="data")
    done = subprocess.run(
        [sys.executable, "-m", "device", "rate", "--json", str(tmp_path / "odd")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    results = json.loads(done.stdout)
    files = [path for path in (tmp_path / "odd").rglob("*") if path.is_file()]
    assert len(results) == len(files)
    assert "Traceback" not in done.stderr
    for result in results:
        assert ("error" in result) != ("score" in result)
        if "error" in result:
            assert result["error"]
            assert "\n" not in result["error"]
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    assert peak_mb < 1000
