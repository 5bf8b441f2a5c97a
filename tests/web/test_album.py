"""The album over the web."""

import io
import zipfile

import cv2
import numpy as np
import pytest
from PIL import Image

from .appliance import MODERATE, NONE, drawn_picture, face, rating


def fill(appliance):
    """Three photos; the second is the best, the last the worst."""
    appliance.shoot("first", of=rating(face(smile=MODERATE)))
    appliance.shoot("second", of=rating(face()))
    appliance.shoot("third", of=rating(face(smile=NONE)))
    return appliance


@pytest.fixture(scope="module")
def filled(shared):
    """An album that no test changes."""
    return fill(shared.make())


@pytest.fixture(scope="module")
def owner(shared, filled):
    """The browser of its owner."""
    return shared.browse(filled)


@pytest.fixture(scope="module")
def guarded(shared):
    """An album of one photo behind a password."""
    appliance = shared.guarded()
    appliance.shoot("one")
    return appliance


@pytest.fixture(scope="module")
def guest(shared, guarded):
    """A guest of it."""
    return shared.guest(guarded)


def ids(answer):
    return [photo["id"] for photo in answer.json()["photos"]]


def test_newest_and_best_first(filled, owner):
    assert ids(owner.get("/api/album")) == ["third", "second", "first"]
    assert ids(owner.get("/api/album?order=best")) == ["second", "first", "third"]


def test_pages_and_days(filled, owner):
    assert ids(owner.get("/api/album?limit=1&offset=1")) == ["second"]
    page = owner.get("/api/album").json()
    assert page["count"] == 3
    assert len(page["days"]) == 1
    assert len(ids(owner.get(f"/api/album?day={page['days'][0]}"))) == 3
    assert ids(owner.get("/api/album?day=1999-12-31")) == []


@pytest.mark.parametrize(
    "query", ["order=worst", "limit=0", "limit=1000", "offset=-1", "day=yesterday"]
)
def test_questions_that_make_no_sense_are_answered_with_a_sentence(owner, query):
    answer = owner.get(f"/api/album?{query}")
    assert answer.status_code == 422
    assert query.split("=")[0] in answer.json()["error"]


def test_a_photo_has_its_rating(filled, owner):
    shot = owner.get("/api/album/second").json()["shot"]
    assert shot["rating"]["score"] == 1.0
    assert shot["candidates"] == 5


def test_a_thumbnail_is_small_and_may_be_kept(filled, owner):
    answer = owner.get("/api/album/first/thumbnail")
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert max(image.shape[:2]) <= 360
    assert "max-age" in answer.headers["cache-control"]


def test_the_owner_gets_the_photo_as_it_lies_on_disk(filled, owner):
    entry = filled.album.get("first")
    assert owner.get("/api/album/first/photo").content == filled.album.path(entry).read_bytes()


def test_a_download_has_the_photos_name(filled, owner):
    shown = owner.get("/api/album/first/photo")
    saved = owner.get("/api/album/first/photo?download=true")
    assert "content-disposition" not in shown.headers
    assert filled.album.get("first").file in saved.headers["content-disposition"]


def test_guests_get_photos_without_any_metadata(guarded, guest):
    whole = guarded.album.path(guarded.album.get("one")).read_bytes()
    assert b"Exif" in whole
    for data in (
        guest.get("/api/album/one/photo").content,
        guest.get("/api/album/one/print").content,
        zipfile.ZipFile(io.BytesIO(guest.get("/api/album/archive.zip?id=one").content)).read(
            guarded.album.get("one").file
        ),
    ):
        picture = Image.open(io.BytesIO(data))
        picture.load()
        assert not picture.getexif()
        assert b"Exif" not in data
        assert b"ns.adobe.com/xap" not in data


def test_stripping_leaves_the_pixels_as_they_are(guarded, guest):
    whole = cv2.imread(str(guarded.album.path(guarded.album.get("one"))))
    stripped = guest.get("/api/album/one/photo").content
    assert (cv2.imdecode(np.frombuffer(stripped, np.uint8), cv2.IMREAD_COLOR) == whole).all()


def test_a_zip_holds_the_photos_asked_for(filled, owner):
    answer = owner.get("/api/album/archive.zip?id=first&id=third&id=first&id=gone")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert archive.namelist() == [filled.album.get(name).file for name in ("first", "third")]


def test_a_zip_of_nothing_is_refused(filled, owner):
    assert owner.get("/api/album/archive.zip?id=gone").status_code == 404
    assert owner.get("/api/album/archive.zip").status_code == 422
    many = "&".join(f"id={n}" for n in range(201))
    assert owner.get(f"/api/album/archive.zip?{many}").status_code == 422


def test_a_print_is_ten_by_fifteen_centimetres_at_300_dpi(appliance, browse):
    owner = browse(fill(appliance))
    appliance.shoot("upright", drawn_picture(600, 800))
    for name, size in (("first", (1772, 1181)), ("upright", (1181, 1772))):
        picture = Image.open(io.BytesIO(owner.get(f"/api/album/{name}/print").content))
        assert picture.size == size
        assert picture.info["dpi"] == (300, 300)


def test_deleting_a_photo(appliance, browse):
    owner = browse(fill(appliance))
    assert owner.delete("/api/album/second").status_code == 204
    assert ids(owner.get("/api/album")) == ["third", "first"]
    assert owner.delete("/api/album/second").status_code == 404


@pytest.mark.parametrize("what", ["", "/thumbnail", "/photo", "/print"])
def test_a_photo_that_is_not_there_is_said_so(filled, owner, what):
    answer = owner.get(f"/api/album/gone{what}")
    assert answer.status_code == 404
    assert answer.json()["error"] == "the album has no photo 'gone' (any more)"


@pytest.mark.parametrize("what", ["/thumbnail", "/photo", "/print"])
def test_a_file_deleted_behind_the_albums_back_is_not_found(appliance, browse, what):
    owner = browse(appliance)
    appliance.shoot("first")
    appliance.album.path(appliance.album.get("first")).unlink()
    assert owner.get(f"/api/album/first{what}").status_code == 404
