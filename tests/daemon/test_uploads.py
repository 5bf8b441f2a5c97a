"""Uploads are rated by the camera's own networks, while the camera goes on."""

import threading
from pathlib import Path

import pytest

from device.config.loading import load_config
from device.daemon.uploads import UploadRating
from device.vision.analyser import make_analyser
from device.vision.image_file import ImageError, read_image

PICTURES = Path(__file__).resolve().parents[2] / "device" / "demo" / "pictures"


@pytest.fixture(scope="module")
def analyser():
    return make_analyser(load_config(None), video=True)


def test_an_upload_gets_the_rating_that_the_command_line_gives(analyser):
    image, rating = UploadRating(analyser, "neutral").rate(
        (PICTURES / "collins.jpg").read_bytes(), 1_000_000
    )
    assert image.shape == (512, 512, 3)
    assert rating.score == 1.0


def test_what_is_no_picture_or_too_large_is_refused(analyser):
    uploads = UploadRating(analyser, "neutral")
    with pytest.raises(ImageError):
        uploads.rate(b"hello", 1_000_000)
    with pytest.raises(ImageError):
        uploads.rate((PICTURES / "collins.jpg").read_bytes(), 1000)


def test_camera_and_upload_at_the_same_time_get_the_same_answers_as_alone(analyser):
    data = (PICTURES / "collins.jpg").read_bytes()
    frame = read_image(PICTURES / "hopper.jpg", 10_000_000).image
    alone = analyser.analyse(frame)[0].smile
    uploads, scores = UploadRating(analyser, "neutral"), []
    thread = threading.Thread(
        target=lambda: scores.extend(uploads.rate(data, 1_000_000)[1].score for _ in range(5))
    )
    thread.start()
    smiles = [analyser.analyse(frame)[0].smile for _ in range(5)]
    thread.join()
    assert scores == [1.0] * 5
    assert set(smiles) == {alone}
