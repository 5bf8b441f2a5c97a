"""A replay is a camera: the same protocol, the file's own times, bounded memory."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from device.camera.frame import CameraEndedError, CameraError, CameraStalledError
from device.camera.replay import ReplayCamera


def read_all(camera, limit=100_000):
    frames = []
    try:
        while len(frames) < limit:
            frames.append(camera.read(5))
    except CameraEndedError:
        pass
    return frames


class Clock:
    """Time that passes only when somebody sleeps or works."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


@pytest.fixture
def realtime(settings):
    def make(source, **changes):
        clock = Clock()
        chosen = settings(source, replay_realtime=True, **{"stall_timeout_s": 5} | changes)
        camera = ReplayCamera(chosen, clock=clock, sleep=clock.sleep)
        camera.open()
        return camera, clock

    return make


def test_as_fast_as_possible_drops_nothing_however_slow_the_reader(
    make_film, settings, shown_number
):
    camera = ReplayCamera(settings(make_film(frames=12, rate=50)))
    info = camera.open()
    assert (info.family, info.model) == ("replay", "film.avi")
    frames = []
    for _ in range(12):
        frames.append(camera.read(5))
        time.sleep(0.025)
    assert [shown_number(frame.image) for frame in frames] == list(range(12))
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(12) / 50)
    assert camera.dropped == 0
    with pytest.raises(CameraEndedError):
        camera.read(5)
    with pytest.raises(CameraEndedError):
        camera.read(5)


def test_times_as_fast_as_possible_begin_when_the_file_was_written(make_film, settings):
    path = make_film(frames=3, rate=10)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    camera = ReplayCamera(settings(path))
    camera.open()
    start = datetime.fromtimestamp(1_700_000_000, UTC)
    assert [frame.time - start for frame in read_all(camera)] == [
        timedelta(seconds=0),
        timedelta(seconds=0.1),
        timedelta(seconds=0.2),
    ]


def test_real_time_waits_for_each_frame(make_film, realtime):
    camera, clock = realtime(make_film(frames=6, rate=10))
    started_s = clock()
    due = [(frame.index, clock() - started_s) for frame in (camera.read(5) for _ in range(6))]
    assert due == [(n, pytest.approx(n / 10)) for n in range(6)]
    assert camera.dropped == 0


def test_real_time_drops_what_a_slow_reader_missed(make_film, realtime, shown_number):
    camera, clock = realtime(make_film(frames=30, rate=10))
    seen = []
    try:
        while True:
            frame = camera.read(5)
            assert shown_number(frame.image) == frame.index
            seen.append(frame.index)
            clock.sleep(0.35)
    except CameraEndedError:
        pass
    assert seen[:4] == [0, 3, 7, 10]
    assert camera.dropped == 30 - len(seen)


def test_real_time_takes_real_time(make_film, settings):
    camera = ReplayCamera(settings(make_film(frames=11, rate=20), replay_realtime=True))
    camera.open()
    started_s = time.monotonic()
    frames = read_all(camera)
    assert 0.45 < time.monotonic() - started_s < 3
    assert abs(datetime.now(UTC) - frames[-1].time) < timedelta(seconds=3)


def test_real_time_stalls_where_the_next_frame_is_not_due_and_then_goes_on(make_film, realtime):
    camera, _ = realtime(make_film(frames=3, rate=2))
    camera.read(5)
    with pytest.raises(CameraStalledError, match=r"due in 0\.5 s"):
        camera.read(0.3)
    assert camera.read(0.3).index == 1


def test_a_long_gap_is_cut_short_but_the_frames_keep_their_times(realtime, make_film):
    camera, clock = realtime(make_film(frames=3, rate=0.1))
    camera.read(5)
    before_s = clock()
    assert camera.read(5).time_s == pytest.approx(10)
    assert clock() - before_s == pytest.approx(2)
    short, clock = realtime(make_film("b.avi", frames=3, rate=0.1), stall_timeout_s=1)
    short.read(1)
    before_s = clock()
    short.read(1)  # half the stall time-out: a supervisor must not take it for a stall
    assert clock() - before_s == pytest.approx(0.5)


def test_a_replay_that_cannot_keep_up_runs_late_instead_of_skipping_for_ever(make_film, realtime):
    camera, clock = realtime(make_film(frames=100, rate=50))
    camera.read(5)
    reel = camera._reel
    advance = reel.advance

    def slow_advance():
        clock.sleep(0.03)  # slower than the 0.02 s between two frames
        advance()

    reel.advance = slow_advance
    seen = [frame.index for frame in read_all(camera)]
    assert len(seen) >= 4
    assert seen == sorted(set(seen))


def test_the_picture_to_rate_is_small_and_the_still_is_the_same_frame_in_full(
    make_film, settings, shown_number
):
    path = make_film(frames=4, size=(1280, 720))
    camera = ReplayCamera(settings(path, rotation=180, flip="none"))
    assert camera.open().still_width_px == 1280
    frames = read_all(camera)
    camera.close()
    assert frames[0].image.shape == (360, 640, 3)
    for frame in frames:
        still = frame.still.read()
        assert still.shape == (720, 1280, 3)
        upright = still[::-1, ::-1]
        assert shown_number(upright) == shown_number(frame.image[::-1, ::-1]) == frame.index
        frame.still.release()
        with pytest.raises(CameraError, match="released"):
            frame.still.read()


def test_a_single_picture_is_one_frame_or_a_scene_that_never_changes(tmp_path, settings, realtime):
    path = tmp_path / "scene.png"
    Image.new("RGB", (1280, 960), (10, 200, 30)).save(path)
    camera = ReplayCamera(settings(path))
    camera.open()
    (frame,) = read_all(camera)
    assert frame.image.shape == (480, 640, 3)
    assert frame.image[0, 0].tolist() == [30, 200, 10]
    assert frame.still.read().shape == (960, 1280, 3)
    looping, clock = realtime(path, replay_loop=True, frame_rate=10)
    started_s = clock()
    assert [frame.index for frame in read_all(looping, 5)] == [0, 1, 2, 3, 4]
    assert clock() - started_s == pytest.approx(0.4)


def test_a_recorded_event_is_a_folder_of_photos_and_films(make_film, settings, tmp_path):
    make_film("event/2 cake.avi", frames=3, rate=10)
    exif = Image.Exif()
    exif[0x0132] = "2024:07:01 20:00:00"
    exif.get_ifd(0x8769)[0x9010] = "+02:00"
    (tmp_path / "event" / "notes.txt").touch()
    Image.new("RGB", (64, 48)).save(tmp_path / "event" / "1 hello.jpg", exif=exif)
    camera = ReplayCamera(settings(tmp_path / "event", frame_rate=10))
    info = camera.open()
    assert (info.model, info.details["files"]) == ("event", "2")
    frames = read_all(camera)
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert frames[0].time == datetime(2024, 7, 1, 18, tzinfo=UTC)
    assert frames[3].time - frames[0].time == timedelta(seconds=0.3)


def test_a_list_of_files_is_shown_in_its_order(make_film, settings, shown_number):
    later, first = make_film("a.avi", 2, first=100), make_film("b.avi", 2, first=50)
    camera = ReplayCamera(settings("unused"), [first, later])
    camera.open()
    assert [shown_number(frame.image) for frame in read_all(camera)] == [50, 51, 100, 101]


def test_looping_repeats_with_rising_index_and_time(make_film, settings, shown_number):
    camera = ReplayCamera(settings(make_film(frames=3, rate=10), replay_loop=True))
    camera.open()
    frames = read_all(camera, 7)
    assert [shown_number(frame.image) for frame in frames] == [0, 1, 2, 0, 1, 2, 0]
    assert [frame.index for frame in frames] == list(range(7))
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(7) / 10)


def test_it_can_be_opened_again_and_begins_anew(make_film, settings):
    camera = ReplayCamera(settings(make_film(frames=5)))
    with pytest.raises(CameraError, match="not open"):
        camera.read(1)
    for _ in range(2):
        camera.open()
        assert [frame.index for frame in read_all(camera, 3)] == [0, 1, 2]
    camera.close()
    camera.close()
    with pytest.raises(CameraError, match="not open"):
        camera.read(1)


def test_a_missing_source_is_a_clear_error(settings):
    with pytest.raises(CameraError, match=r"no file or folder nowhere\.mp4 to replay"):
        ReplayCamera(settings("nowhere.mp4")).open()


def test_frames_that_are_kept_do_not_change(make_film, settings, shown_number):
    camera = ReplayCamera(settings(make_film(frames=20)))
    camera.open()
    assert [shown_number(frame.image) for frame in read_all(camera)] == list(range(20))


def resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.parametrize("kind", ["film", "photos"])
def test_memory_stays_flat(make_film, settings, tmp_path, kind):
    source, frames = make_film(frames=50), 4000
    if kind == "photos":
        source, frames = tmp_path / "photos", 400
        source.mkdir()
        for number in range(5):
            Image.new("RGB", (320, 240), (number * 40, 0, 0)).save(source / f"{number}.jpg")
    camera = ReplayCamera(settings(source, replay_loop=True))
    camera.open()
    kept = []

    def run(count):
        for _ in range(count):
            frame = camera.read(5)
            kept.append(frame.still)  # a ring of eight held stills, as the shutter keeps
            if len(kept) > 8:
                kept.pop(0).release()

    run(frames // 4)
    before_mb = resident_mb()
    run(frames)
    after_mb = resident_mb()
    print(f"resident {before_mb:.1f} MB, after {frames} more {kind} frames {after_mb:.1f} MB")  # noqa: T201
    assert after_mb - before_mb < 4


def test_the_real_clips_give_every_frame_with_rising_times(data_folder, settings):
    counts = {}
    for path in sorted((data_folder / "clips").glob("pyfeat_*.mp4")):
        camera = ReplayCamera(settings(path))
        camera.open()
        times = [frame.time_s for frame in read_all(camera)]
        assert all(np.diff(times) > 0)
        counts[path.name] = len(times)
        camera.close()
    assert counts == {
        "pyfeat_no_face.mp4": 95,
        "pyfeat_single_face.mp4": 72,
    }


def test_odd_images_are_shown_or_skipped_with_a_line(data_folder, settings, tmp_path, caplog):
    import tarfile

    with tarfile.open(data_folder / "odd_images.tar") as archive:
        members = [m for m in archive.getmembers() if m.isfile()][::4]
        for number, member in enumerate(members):
            content = archive.extractfile(member)
            assert content is not None
            # Folders fall away; the number keeps names apart.
            (tmp_path / f"{number}-{Path(member.name).name}").write_bytes(content.read())
    camera = ReplayCamera(settings(tmp_path))
    files = int(camera.open().details["files"])
    shown = len(read_all(camera))
    skipped = [r for r in caplog.records if r.getMessage().startswith("Skipped in the replay")]
    assert shown + len(skipped) == files
    assert shown > 20
    assert skipped
    assert all("\n" not in record.getMessage() for record in skipped)
