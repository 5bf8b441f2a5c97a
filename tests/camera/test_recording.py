"""Films and photos as sequences of pictures with their own times."""

import logging
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from device.camera.frame import CameraError
from device.camera.recording import Film, Photo, open_recording


def times_of(recording):
    times = []
    while (time_s := recording.advance()) is not None:
        times.append(time_s)
    return times


def set_durations(path, durations):
    """Give the frames of an MP4 file durations of their own (ISO/IEC 14496-12, box `stts`).

    OpenCV writes the index (`moov`) behind the pictures, so that it may grow without moving them.
    """
    data = path.read_bytes()
    containers = []
    start, end = 0, len(data)
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"):
        position = start
        while data[position + 4 : position + 8] != name:
            position += struct.unpack(">I", data[position : position + 4])[0]
            assert position < end
        containers.append(position)
        start, end = position + 8, position + struct.unpack(">I", data[position : position + 4])[0]
    assert data.index(b"moov") > data.index(b"mdat")
    table = b"".join(struct.pack(">II", 1, duration) for duration in durations)
    box = struct.pack(">I4sII", 16 + len(table), b"stts", 0, len(durations)) + table
    grown = bytearray(data[: containers[-1]] + box + data[end:])
    for position in containers[:-1]:
        size = struct.unpack(">I", grown[position : position + 4])[0]
        size += len(box) - (end - containers[-1])
        grown[position : position + 4] = struct.pack(">I", size)
    # The edit list would cut the film off at its old length.
    path.write_bytes(grown.replace(b"edts", b"free"))


def test_a_film_gives_its_frames_in_order_with_their_times(make_film, shown_number):
    film = Film(make_film(frames=10, rate=50), frame_rate=15)
    assert film.interval_s == pytest.approx(0.02)
    for number in range(10):
        assert film.advance() == pytest.approx(number * 0.02)
        assert shown_number(film.picture().image) == number
    assert film.advance() is None
    film.close()
    film.close()


def test_a_variable_frame_rate_is_followed(make_film, shown_number):
    path = make_film("variable.mp4", frames=6, rate=10, codec="mp4v")
    # The time scale that OpenCV chose: one frame of a tenth of a second.
    data = path.read_bytes()
    stts = data.index(b"stts")
    frame = struct.unpack(">I", data[stts + 16 : stts + 20])[0]
    set_durations(path, [frame, frame * 5, frame // 2, frame * 20, frame, frame])
    film = Film(path, frame_rate=15)
    times = []
    while (time_s := film.advance()) is not None:
        assert shown_number(film.picture().image) == len(times)
        times.append(time_s)
    assert times == pytest.approx([0, 0.1, 0.6, 0.65, 2.65, 2.75], abs=0.002)


def test_a_film_that_begins_late_begins_at_zero(make_film, monkeypatch):
    film = Film(make_film(frames=3, rate=10), frame_rate=15)
    real = film._number
    late = lambda name: real(name) + (5000 if name == cv2.CAP_PROP_POS_MSEC else 0)  # noqa: E731
    monkeypatch.setattr(film, "_number", late)
    assert times_of(film) == pytest.approx([0, 0.1, 0.2])


@pytest.mark.parametrize("rate", [0.0, 90_000.0])
def test_without_times_or_a_believable_rate_the_configured_rate_counts(tmp_path, make_film, rate):
    # A bare sequence of JPEGs notes no times at all.
    picture = cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8))[1].tobytes()
    path = tmp_path / "bare.mjpeg"
    path.write_bytes(picture * 5)
    film = Film(path, frame_rate=10)
    times = times_of(film)
    assert len(times) == 5
    assert times[0] == 0
    assert all(np.diff(times) > 0)


def test_times_that_stand_still_go_on_by_the_frame_rate(make_film, monkeypatch):
    film = Film(make_film(frames=4, rate=10), frame_rate=15)
    real = film._number
    still = lambda name: 0.0 if name == cv2.CAP_PROP_POS_MSEC else real(name)  # noqa: E731
    monkeypatch.setattr(film, "_number", still)
    assert times_of(film) == pytest.approx([0, 0.1, 0.2, 0.3])


def test_a_picture_of_a_film_stays_as_it_is_when_the_film_goes_on(make_film, shown_number):
    film = Film(make_film(frames=5), frame_rate=15)
    film.advance()
    picture = film.picture()
    while film.advance() is not None:
        film.picture()
    film.close()
    assert shown_number(picture.image) == shown_number(picture.load()) == 0


def test_a_film_that_is_cut_short_ends_with_a_line_in_the_log(make_film, caplog):
    path = make_film(frames=30)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    film = Film(path, frame_rate=15)
    count = len(times_of(film))
    assert 5 < count < 25
    assert [record.getMessage() for record in caplog.records] == [
        f"{path} ended after {count} of about 30 frames: the file is damaged or cut short"
    ]


def test_a_whole_film_ends_silently(make_film, caplog):
    caplog.set_level(logging.DEBUG)
    times_of(Film(make_film(), frame_rate=15))
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("noise.mp4", b"\x17\x2a" * 4000),
        ("empty.mp4", b""),
        ("notes.txt", b"FFmpeg shows text as a film of letters.\n" * 100),
        ("README", b"# Title\n"),
    ],
)
def test_what_is_no_film_is_a_clear_error(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CameraError, match=f"{name} is no film or picture that can be replayed"):
        open_recording(path, 15)


def test_a_photo_is_one_frame_upright_with_its_time(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90 degrees clockwise to view
    exif[0x0132] = "2024:12:31 23:59:58"
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (40, 20), (255, 0, 0)).save(path, exif=exif)
    photo = open_recording(path, 10)
    assert isinstance(photo, Photo)
    assert photo.advance() == 0
    picture = photo.picture()
    assert picture.image.shape == (40, 20, 3)
    assert picture.image[0, 0].tolist() == pytest.approx([0, 0, 255], abs=2)
    assert picture.taken_at is not None
    assert picture.taken_at.isoformat().startswith("2024-12-31T23:59:58")
    assert np.array_equal(picture.load(), picture.image)
    assert photo.advance() is None
    photo.close()


def test_a_photos_still_is_read_from_the_file_again(tmp_path):
    path = tmp_path / "photo.png"
    Image.new("RGB", (4, 4)).save(path)
    photo = open_recording(path, 10)
    photo.advance()
    picture = photo.picture()
    path.unlink()
    with pytest.raises(CameraError, match="can no longer be read"):
        picture.load()


def test_a_file_without_a_telling_name_is_what_it_contains(tmp_path, make_film):
    film = make_film()
    film.rename(tmp_path / "recording")
    Image.new("RGB", (4, 4)).save(tmp_path / "picture", format="PNG")
    assert isinstance(open_recording(tmp_path / "recording", 15), Film)
    assert isinstance(open_recording(tmp_path / "picture", 15), Photo)


def test_an_unreadable_photo_is_an_error_of_one_sentence(tmp_path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    photo = open_recording(path, 10)
    photo.advance()
    with pytest.raises(CameraError, match=r"broken\.jpg"):
        photo.picture()
