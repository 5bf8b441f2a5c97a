"""The index against the folder, where many photos are concerned."""

import sys
import time

import pytest

from device.album.reconciliation import UNANNOUNCED_AFTER_LOSS

PHOTOS = 200


@pytest.fixture
def large(open_album, picture, rated):
    album = open_album()
    image = picture(64, 48)
    for i in range(PHOTOS):
        album.save(f"s{i}", "score", image, rated(i), 1)
    return album


def test_rebuilding_reads_only_the_heads_of_photos(large, capsys):
    started_s = time.perf_counter()
    large.rebuild_index()
    took_ms = 1000 * (time.perf_counter() - started_s) / PHOTOS
    assert large.count() == PHOTOS
    assert len(large.unannounced()) == UNANNOUNCED_AFTER_LOSS
    with capsys.disabled():
        sys.stdout.write(f"\nrebuilding the index: {took_ms:.2f} ms a photo\n")


def test_a_start_with_an_intact_index_opens_no_photo(large, open_album, monkeypatch):
    large.close()

    def refuse(path):
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr("device.album.reconciliation.read_record", refuse)
    assert open_album().count() == PHOTOS
