"""No shot event is lost once its file exists."""

import cv2
import numpy as np
import pytest

from device.album.album import Album
from device.config.album import AlbumSettings
from device.daemon.shot_publishing import ShotPublishing
from device.vision.rating import rate

from .frames import START, face

RATING = rate([face()], frame=1, time=START)
SETTINGS = AlbumSettings(min_free_megabytes=0)


@pytest.fixture
def album(tmp_path):
    with Album(tmp_path, SETTINGS, camera_name="test") as opened:
        yield opened


def save(album, name, width=64):
    return album.save(name, "score", np.full((48, width, 3), 90, np.uint8), RATING, 1)


def test_a_shot_is_announced_once(album):
    heard = []
    publishing = ShotPublishing(album, print)
    publishing.publish_to(heard.append)
    shot = save(album, "11111111-1111-1111-1111-111111111111")
    publishing.publish(shot)
    publishing.announce_left_over()
    assert [s.id for s in heard] == [shot.id]


def test_a_shot_that_the_last_run_could_not_announce_is_announced_at_the_next_start(tmp_path):
    with Album(tmp_path, SETTINGS, camera_name="test") as album:
        shot = save(album, "22222222-2222-2222-2222-222222222222")
    heard = []
    with Album(tmp_path, SETTINGS, camera_name="test") as album:
        publishing = ShotPublishing(album, print)
        publishing.publish_to(heard.append)
        publishing.announce_left_over()
        assert album.unannounced() == ()
    assert [s.id for s in heard] == [shot.id]


def test_a_shot_whose_outbox_fails_stays_unannounced_and_is_said_so(album):
    errors = []
    publishing = ShotPublishing(album, errors.append)

    def fail(shot):
        raise OSError("disk full")

    publishing.publish_to(fail)
    shot = save(album, "33333333-3333-3333-3333-333333333333")
    publishing.publish(shot)
    assert "disk full" in errors[0]
    assert [s.id for s in album.unannounced()] == [shot.id]


def test_withheld_shots_wait_for_a_later_run(album):
    publishing = ShotPublishing(album, print)
    publishing.withhold()
    shot = save(album, "55555555-5555-5555-5555-555555555555")
    publishing.publish(shot)
    publishing.announce_left_over()
    assert [s.id for s in album.unannounced()] == [shot.id]


def test_the_published_picture_is_no_wider_than_asked(album):
    read = ShotPublishing(album, print).shot_image(32)
    shot = save(album, "44444444-4444-4444-4444-444444444444", width=640)
    image = cv2.imdecode(np.frombuffer(read(shot), np.uint8), cv2.IMREAD_COLOR)
    assert image.shape[1] == 32
    album.delete(shot.id)
    assert read(shot) is None
