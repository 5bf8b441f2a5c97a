"""The album as a whole: saving, listing, crashes, hands in the folder, full disks."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import tracemalloc
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from device.album.album import Album
from device.album.errors import AlbumError, AlbumFullError, PhotoNotFoundError
from device.album.metadata import read_shot
from device.config.album import AlbumSettings
from device.messages.shot import shot_to_json

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def ids(entries):
    return [entry.id for entry in entries]


# Saving


def test_a_saved_shot_is_a_whole_picture_and_is_listed(open_album, picture, rated):
    album = open_album()
    shot = album.save("id-1", "score", picture(), rated(7), 5)
    (entry,) = album.entries()
    assert (entry.id, entry.file, entry.number, entry.is_winner) == ("id-1", shot.file, 1, True)
    assert shot_to_json(entry.shot) == shot_to_json(shot)
    assert (shot.width_px, shot.height_px, shot.candidates) == (320, 240, 5)
    assert shot.bytes == album.path(entry).stat().st_size
    with Image.open(album.path(entry)) as photo:
        assert np.abs(np.asarray(photo)[:, :, ::-1].astype(int) - picture()).mean() < 4


def test_runners_up_lie_beside_their_winner(open_album, picture, rated, photos):
    album = open_album()
    beside = [(picture(seed=seed), rated(seed)) for seed in (2, 3)]
    shot = album.save("id-1", "request", picture(), rated(1), 5, beside)
    assert photos() == sorted([shot.file, *shot.runners_up])
    assert ids(album.entries()) == ["id-1"]
    assert album.count() == 1
    assert [entry.shot.rating.frame for entry in album.runners_up("id-1")] == [2, 3]
    assert album.get("id-1-2").shot_id == "id-1"
    assert not album.get("id-1-2").is_winner


def test_names_sort_by_the_order_of_shooting_when_the_clock_jumps_back(
    open_album, picture, rated, photos
):
    jumps = [NEW_YEAR, datetime(1970, 1, 1, tzinfo=UTC), NEW_YEAR, NEW_YEAR - timedelta(days=9)]
    album = open_album()
    files = [
        album.save(f"s{i}", "score", picture(), rated(i, time=time), 1).file
        for i, time in enumerate(jumps)
    ]
    album.close()
    files.append(open_album().save("s9", "score", picture(), rated(9, time=jumps[1]), 1).file)
    assert photos() == files


def test_numbers_are_never_used_again_not_even_after_deleting_everything(
    open_album, picture, rated
):
    album = open_album()
    for i in range(3):
        album.save(f"s{i}", "score", picture(), rated(i), 1)
    for i in range(3):
        album.delete(f"s{i}")
    album.close()
    assert open_album().save("s3", "score", picture(), rated(3), 1).file.startswith("0000004_")


def test_an_id_is_saved_once(open_album, picture, rated, photos):
    album = open_album()
    album.save("id-1", "score", picture(), rated(1), 1)
    with pytest.raises(AlbumError, match="saved before"):
        album.save("id-1", "score", picture(), rated(2), 1)
    assert len(photos()) == 1


def test_what_is_no_picture_leaves_nothing(open_album, picture, rated, photos):
    album = open_album()
    with pytest.raises(ValueError, match="a picture is uint8"):
        album.save("a", "score", picture()[:, :, 0], rated(1), 1)
    with pytest.raises(ValueError, match="a picture is uint8"):
        album.save("b", "score", picture(), rated(1), 1, [(picture()[:, :, 0], rated(2))])
    assert photos() == []
    assert not any(album._folder.glob(".*.part"))


def test_a_burst_of_twelve_megapixels_needs_one_picture_at_a_time(open_album, picture, rated):
    album = open_album()
    size = 4056 * 3040 * 3
    blank = np.full((3040, 4056, 3), 127, np.uint8)
    tracemalloc.start()
    try:
        beside = ((blank + np.uint8(i), rated(i)) for i in range(2, 5))
        album.save("big", "score", blank + np.uint8(1), rated(1), 1, beside)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * size


# Listing


def test_lists_are_by_order_of_shooting_or_by_score_and_in_pages(open_album, picture, rated):
    album = open_album()
    for i, huge in enumerate([0.3, 0.95, 0.6, 0.8]):
        album.save(f"s{i}", "score", picture(), rated(i, huge=huge), 1)
    assert ids(album.entries()) == ["s3", "s2", "s1", "s0"]
    assert ids(album.entries("best")) == ["s1", "s3", "s2", "s0"]
    assert ids(album.entries(limit=2, offset=1)) == ["s2", "s1"]
    assert album.entries(offset=9) == ()


def test_shots_are_found_by_their_local_day(open_album, picture, rated):
    album = open_album()
    for i, day in enumerate([0, 0, 3]):
        album.save(f"s{i}", "score", picture(), rated(i, time=NEW_YEAR + timedelta(days=day)), 1)
    first = NEW_YEAR.astimezone().strftime("%Y-%m-%d")
    assert album.days() == (album.entries()[0].time.astimezone().strftime("%Y-%m-%d"), first)
    assert album.count(day=first) == 2
    assert ids(album.entries(day=first)) == ["s1", "s0"]
    assert album.entries(day="1999-01-01") == ()


def test_a_photo_that_does_not_exist(open_album):
    album = open_album()
    assert album.get("nobody") is None
    with pytest.raises(PhotoNotFoundError, match="no photo 'nobody'"):
        album.delete("nobody")
    with pytest.raises(PhotoNotFoundError):
        album.thumbnail("nobody")


def test_deleting_a_shot_takes_its_runners_up_and_thumbnails_with_it(
    open_album, picture, rated, photos
):
    album = open_album()
    album.save("a", "score", picture(), rated(1), 1, [(picture(seed=2), rated(2))])
    thumbnails = [album.thumbnail("a"), album.thumbnail("a-2")]
    assert all(path.exists() for path in thumbnails)
    album.delete("a")
    assert photos() == []
    assert not any(path.exists() for path in thumbnails)
    assert album.count() == 0


def test_deleting_a_runner_up_leaves_the_shot(open_album, picture, rated):
    album = open_album()
    beside = [(picture(seed=seed), rated(seed)) for seed in (2, 3)]
    shot = album.save("a", "score", picture(), rated(1), 1, beside)
    album.delete("a-2")
    assert album.get("a").shot.runners_up == (shot.runners_up[1],)


def test_thumbnails_are_made_when_asked_for(open_album, picture, rated):
    album = open_album()
    album.save("a", "score", picture(1200, 900), rated(1), 1)
    with Image.open(album.thumbnail("a")) as small:
        assert small.size == (360, 270)


# Announcing


def test_a_shot_stays_unannounced_until_it_is_marked(open_album, picture, rated):
    album = open_album()
    shots = [album.save(f"s{i}", "score", picture(), rated(i), 1) for i in range(3)]
    album.mark_announced("s1")
    album.close()
    left = open_album().unannounced()
    assert [shot_to_json(shot) for shot in left] == [shot_to_json(shots[0]), shot_to_json(shots[2])]


def test_a_photo_whose_entry_was_lost_in_a_crash_is_found_and_unannounced(
    open_album, picture, rated, tmp_path
):
    album = open_album()
    album.save("old", "score", picture(), rated(1), 1)
    album.mark_announced("old")
    album.close()
    shutil.copytree(tmp_path / "album" / ".album", tmp_path / "before")
    album = open_album()
    album.save("new", "score", picture(), rated(2), 1, [(picture(), rated(3))])
    album.close()
    shutil.rmtree(tmp_path / "album" / ".album")
    shutil.copytree(tmp_path / "before", tmp_path / "album" / ".album")
    album = open_album()
    assert [shot.id for shot in album.unannounced()] == ["new"]
    assert ids(album.entries()) == ["new", "old"]


# The index


@pytest.mark.parametrize("damage", ["missing", "garbage", "torn", "other version"])
def test_a_lost_index_is_rebuilt_from_the_photos(open_album, picture, rated, tmp_path, damage):
    album = open_album()
    beside = [(picture(seed=2), rated(9))]
    for i in range(20):
        album.save(f"s{i}", "score", picture(), rated(i), 1, beside if i == 5 else ())
        album.mark_announced(f"s{i}")
    before = album.entries()
    album.close()
    index = tmp_path / "album" / ".album" / "index.sqlite3"
    match damage:
        case "missing":
            index.unlink()
        case "garbage":
            index.write_bytes(os.urandom(20_000))
        case "torn":
            index.write_bytes(index.read_bytes()[:9000] + b"\xff" * 8000)
        case "other version":
            with sqlite3.connect(index) as db:
                db.execute("PRAGMA user_version = 9")
    album = open_album()
    assert album.entries() == before
    assert len(album.runners_up("s5")) == 1
    # Few enough not to announce a whole album again, enough for what a crash can have left.
    assert [shot.id for shot in album.unannounced()] == [f"s{i}" for i in range(4, 20)]
    assert album.save("next", "score", picture(), rated(30), 1).file.startswith("0000021_")


def test_an_index_damaged_while_it_is_used_is_rebuilt_and_nothing_is_lost(
    open_album, picture, rated
):
    album = open_album()
    album.save("a", "score", picture(), rated(1), 1)
    album._catalogue._index._db.execute("DROP TABLE photos")
    assert ids(album.entries()) == ["a"]
    album._catalogue._index._db.execute("DROP TABLE photos")
    album.save("b", "score", picture(), rated(2), 1)
    assert ids(album.entries()) == ["b", "a"]


def test_a_photo_is_saved_even_where_the_index_cannot_be_written(open_album, picture, rated):
    album = open_album()
    album._catalogue._index._db.execute("PRAGMA query_only = 1")
    shot = album.save("a", "score", picture(), rated(1), 1)
    assert shot.file
    album._catalogue._index._db.execute("PRAGMA query_only = 0")
    assert ids(album.entries()) == ["a"]
    assert [shot.id for shot in album.unannounced()] == ["a"]


def test_rebuilding_on_demand_gives_the_same_album(open_album, picture, rated):
    album = open_album()
    for i in range(3):
        album.save(f"s{i}", "score", picture(), rated(i), 1)
    before = album.entries("best")
    album.rebuild_index()
    assert album.entries("best") == before


# Hands in the folder


def test_pictures_of_others_are_left_alone(open_album, picture, rated, tmp_path, photos):
    album = open_album(keep_photos=1)
    folder = tmp_path / "album"
    Image.new("RGB", (9, 9)).save(folder / "cat.jpg")
    (folder / "notes.txt").write_text("do not delete")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8oops")
    (folder / "more").mkdir()
    for i in range(3):
        album.save(f"s{i}", "score", picture(), rated(i), 1)
        album.apply_retention()
    album.rebuild_index()
    assert ids(album.entries()) == ["s2"]
    assert {"cat.jpg", "notes.txt", "broken.jpg", "more"} < set(photos())


def test_photos_removed_by_hand_are_gone_at_the_next_start_and_break_nothing_before(
    open_album, picture, rated
):
    album = open_album()
    for i in range(3):
        album.save(f"s{i}", "score", picture(), rated(i), 1)
    album.path(album.get("s1")).unlink()
    assert len(album.entries()) == 3
    with pytest.raises(PhotoNotFoundError):
        album.thumbnail("s1")
    album.close()
    album = open_album()
    assert ids(album.entries()) == ["s2", "s0"]
    album.path(album.get("s0")).unlink()
    album.delete("s0")
    assert ids(album.entries()) == ["s2"]


def test_a_photo_renamed_or_restored_by_hand_is_listed_and_not_announced_again(
    open_album, picture, rated, tmp_path
):
    album = open_album()
    for i in range(3):
        album.save(f"s{i}", "score", picture(), rated(i), 1)
        album.mark_announced(f"s{i}")
    renamed = album.path(album.get("s1")).rename(tmp_path / "album" / "grandma laughs.jpg")
    away = album.path(album.get("s0")).rename(tmp_path / "away.jpg")
    album.close()
    album = open_album()
    assert album.get("s1").file == renamed.name
    assert ids(album.entries()) == ["s2", "s1"]
    away.rename(tmp_path / "album" / away.name)
    album.close()
    album = open_album()
    assert ids(album.entries()) == ["s2", "s1", "s0"]
    assert album.unannounced() == ()


def test_a_copy_of_a_photo_is_listed_once(open_album, picture, rated, tmp_path):
    album = open_album()
    shot = album.save("a", "score", picture(), rated(1), 1)
    shutil.copy(tmp_path / "album" / shot.file, tmp_path / "album" / "copy.jpg")
    album.rebuild_index()
    assert album.get("a").file == shot.file
    assert album.count() == 1


def test_half_written_photos_of_a_crash_are_removed_at_the_start(open_album, tmp_path):
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / ".0000001_x.jpg.part").write_bytes(b"\xff\xd8half")
    open_album()
    assert not (tmp_path / "album" / ".0000001_x.jpg.part").exists()


# Room


def test_retention_applies_the_rules_in_force(open_album, picture, rated):
    album = open_album(keep_photos=2)
    for i in range(4):
        album.save(f"s{i}", "score", picture(), rated(i), 1, [(picture(), rated(50 + i))])
    assert album.apply_retention() == 2
    assert ids(album.entries()) == ["s3", "s2"]
    assert len(album.runners_up("s3")) == 1
    album.update(AlbumSettings(keep_photos=1))
    assert album.apply_retention() == 1
    album.update(AlbumSettings())
    assert album.apply_retention() == 0


def test_retention_by_age_uses_the_clock_it_was_given(open_album, picture, rated):
    album = open_album(keep_days=7, clock=lambda: NEW_YEAR + timedelta(days=10))
    for i, day in enumerate([1, 2, 5]):
        album.save(f"s{i}", "score", picture(), rated(i, time=NEW_YEAR + timedelta(days=day)), 1)
    assert album.apply_retention() == 2
    assert ids(album.entries()) == ["s2"]


def test_at_the_floor_of_free_disk_nothing_is_written_and_nothing_deleted(
    open_album, picture, rated, photos
):
    album = open_album()
    album.save("a", "score", picture(), rated(1), 1)
    album.update(AlbumSettings(min_free_megabytes=album.free_bytes() // 1_000_000 + 1000))
    assert album.is_full
    before = photos()
    with pytest.raises(
        AlbumFullError, match=r"MB must stay free; delete photos or set album\.keep"
    ):
        album.save("b", "score", picture(), rated(2), 1)
    assert photos() == before
    album.update(AlbumSettings(min_free_megabytes=0))
    assert not album.is_full


def test_a_disk_that_fills_up_while_writing_leaves_nothing_and_counts_as_full(
    open_album, picture, rated, photos, monkeypatch
):
    album = open_album()
    album.save("a", "score", picture(), rated(1), 1)
    write, written = os.write, []

    def until_full(handle, data):
        written.append(len(data))
        if sum(written) > 5000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, data[:900])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", until_full)
        with pytest.raises(AlbumFullError, match="is full"):
            album.save("b", "score", picture(), rated(2), 1)
        patched.setattr(album, "free_bytes", lambda: 50_000)
        assert album.is_full
    assert len(photos()) == 1
    assert not list(album._folder.glob(".*.part"))
    assert not album.is_full, "there is room again"
    album.save("b", "score", picture(), rated(2), 1)
    assert album.count() == 2


@pytest.fixture
def tiny_album(tmp_path, open_album):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a file system; the fault is injected above")
    album = open_album(folder=disk / "album")
    yield album
    album.close()
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_real_disk_filled_to_the_brim_holds_only_whole_photos(tiny_album, picture, rated):
    saved, refused = [], []
    for i in range(60):
        try:
            saved.append(tiny_album.save(f"s{i}", "score", picture(640, 480), rated(i), 1))
        except AlbumFullError as error:
            refused.append(str(error))
    assert saved
    assert refused
    assert tiny_album.is_full
    assert not list(tiny_album._folder.glob(".*.part"))
    for shot in saved:
        with Image.open(tiny_album._folder / shot.file) as photo:
            photo.load()
    for shot in saved[:-1]:
        tiny_album.delete(shot.id)
    assert not tiny_album.is_full
    assert tiny_album.save("again", "score", picture(640, 480), rated(99), 1).file


# Owners


def test_an_album_is_used_by_one_process_at_a_time(open_album, tmp_path):
    album = open_album()
    with pytest.raises(AlbumError, match="is in use"):
        open_album()
    album.close()
    album.close()
    open_album()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(AlbumError, match="cannot be used: Not a directory; check that the disk"):
        Album(tmp_path / "file" / "album", AlbumSettings(), camera_name="x")


def test_a_closed_album_says_that_it_is(open_album, picture, rated):
    album = open_album()
    album.close()
    with pytest.raises(AlbumError, match="closed"):
        album.entries()


def test_the_page_may_read_while_the_album_saves(open_album, picture, rated):
    album = open_album()
    errors, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            try:
                for entry in album.entries("best", limit=5):
                    album.thumbnail(entry.id)
                    read_shot(album.path(entry))
            except Exception as error:  # noqa: BLE001 - any is a failure
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for i in range(30):
        album.save(f"s{i}", "score", picture(), rated(i), 1)
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert album.count() == 30


def test_a_shot_costs_the_card_two_syncs(open_album, picture, rated, monkeypatch):
    album = open_album()
    album.save("a", "score", picture(), rated(1), 1)
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), fsync(handle))[1])
    album.save("b", "score", picture(), rated(2), 1)
    album.mark_announced("b")
    assert len(synced) == 2  # the photo and its folder; the index waits for its checkpoint


def test_the_index_s_rows_are_the_photos_own_words(open_album, picture, rated):
    album = open_album()
    shot = album.save("a", "score", picture(), rated(1), 1)
    (text,) = album._catalogue._index._db.execute("SELECT shot FROM photos").fetchone()
    assert json.loads(text) == shot_to_json(shot)
