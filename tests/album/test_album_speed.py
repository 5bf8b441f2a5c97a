"""How long a save takes here; a save that costs seconds would hold camera buffers too long."""

import statistics
import sys
import time

import pytest


@pytest.mark.parametrize(("width_px", "height_px"), [(640, 480), (1920, 1080), (4056, 3040)])
def test_saving_takes_milliseconds(open_album, picture, rated, capsys, width_px, height_px):
    album = open_album()
    image = picture(width_px, height_px)
    took_ms = []
    for i in range(7):
        started_s = time.perf_counter()
        shot = album.save(f"s{i}", "score", image, rated(i), 5)
        took_ms.append(1000 * (time.perf_counter() - started_s))
    with capsys.disabled():
        sys.stdout.write(
            f"\nsave {width_px}x{height_px}: median {statistics.median(took_ms):.1f} ms, "
            f"fastest {min(took_ms):.1f} ms, {shot.bytes // 1000} kB\n"
        )
    assert min(took_ms) < 2000
