"""Pictures that people bring."""

import io
import tarfile
import threading
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from .appliance import DrawnRater, drawn_picture

ODD_IMAGES = Path(__file__).parents[2] / ".." / "shared" / "data" / "odd_images.tar"


def jpeg(width_px=64, height_px=48):
    return cv2.imencode(".jpg", drawn_picture(width_px, height_px))[1].tobytes()


def upload(client, *files, query=""):
    return client.post(f"/api/ratings{query}", files=[("files", file) for file in files])


def test_every_file_has_an_answer_of_its_own(owner):
    answers = upload(
        owner, ("good.jpg", jpeg()), ("notes.txt", b"hello"), ("empty.jpg", b"")
    ).json()
    good, notes, empty = answers
    assert (good["file"], good["width_px"], good["height_px"]) == ("good.jpg", 64, 48)
    assert good["rating"]["score"] == 1.0
    assert good["error"] is None
    assert "not an image of a known format" in notes["error"]
    assert "empty" in empty["error"]


def test_a_preview_comes_only_where_asked_for(owner):
    assert upload(owner, ("a.jpg", jpeg())).json()[0]["preview"] is None
    preview = upload(owner, ("a.jpg", jpeg(3000, 1500)), query="?preview=true").json()[0]["preview"]
    assert preview.startswith("data:image/jpeg;base64,")


def test_the_annotated_picture_has_full_size(owner):
    answer = owner.post("/api/ratings/annotated", files={"file": ("a.jpg", jpeg(1600, 1200))})
    assert answer.headers["content-type"] == "image/jpeg"
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (1200, 1600, 3)


def test_a_bad_file_has_no_annotated_picture_but_a_sentence(owner):
    answer = owner.post("/api/ratings/annotated", files={"file": ("a.jpg", b"nothing")})
    assert answer.status_code == 422
    assert "not an image" in answer.json()["error"]


def test_too_many_files_are_refused(make_appliance, browse):
    client = browse(make_appliance(upload_max_files=2))
    answer = upload(client, *[(f"{n}.jpg", jpeg()) for n in range(3)])
    assert answer.status_code == 413
    assert answer.json()["error"] == "3 files were sent; at most 2 at a time"


def test_a_large_file_is_refused_without_decoding(make_appliance, browse):
    appliance = make_appliance(upload_max_megabytes=1)
    answer = upload(browse(appliance), ("big.jpg", jpeg() + b"\0" * 1_500_000)).json()
    assert "at most 1 are taken" in answer[0]["error"]
    assert appliance.uploads.rated == 0


def test_a_decompression_bomb_is_refused_before_decoding(make_appliance, browse):
    appliance = make_appliance(upload_max_megapixels=2)

    def chunk(kind, data):
        return (
            len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        )

    size = (30_000).to_bytes(4, "big") * 2
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x02\0\0\0")
    bomb += chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + chunk(b"IEND", b"")
    client = browse(appliance)
    started_s = time.monotonic()
    answer = upload(client, ("bomb.png", bomb)).json()
    assert "too many pixels" in answer[0]["error"]
    assert time.monotonic() - started_s < 2


def test_uploads_are_limited_per_minute(make_appliance, browse):
    client = browse(make_appliance(uploads_per_minute=2))
    statuses = [upload(client, ("a.jpg", jpeg())).status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]


def test_one_picture_is_rated_at_a_time_and_few_may_wait(make_appliance, browse):
    class SlowRater(DrawnRater):
        together = most = 0

        def rate(self, data, max_pixels):
            self.together += 1
            self.most = max(self.most, self.together)
            time.sleep(0.3)
            self.together -= 1
            return super().rate(data, max_pixels)

    rater = SlowRater()
    appliance = make_appliance(rater)
    statuses = []

    def send():
        statuses.append(upload(browse(appliance), ("a.jpg", jpeg())).status_code)

    threads = [threading.Thread(target=send) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rater.most == 1
    assert set(statuses) == {200, 429}
    assert statuses.count(200) <= 5


def test_nothing_of_an_upload_is_kept(appliance, owner):
    before = sorted(path for path in appliance.folder.rglob("*") if path.is_file())
    upload(owner, ("a.jpg", jpeg()))
    owner.post("/api/ratings/annotated", files={"file": ("a.jpg", jpeg())})
    after = sorted(path for path in appliance.folder.rglob("*") if path.is_file())
    assert after == before


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "<b>.jpg", "ü\udcff.jpg"])
def test_odd_names_are_shown_without_their_folders(owner, name):
    data = name.encode("utf-8", "surrogateescape")
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="' + data
    body += b'"\r\n\r\n' + jpeg() + b"\r\n--b--\r\n"
    answer = owner.post(
        "/api/ratings", content=body, headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 200
    shown = answer.json()[0]["file"]
    assert "/" not in shown
    assert "\\" not in shown


@pytest.mark.skipif(not ODD_IMAGES.exists(), reason="../shared/data/odd_images.tar is not here")
def test_every_odd_image_gets_a_rating_or_a_sentence(make_appliance, browse):
    appliance = make_appliance(
        uploads_per_minute=10_000, upload_max_files=500, upload_max_megapixels=20
    )
    client = browse(appliance)
    rated = refused = 0
    with tarfile.open(ODD_IMAGES) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        for start in range(0, len(members), 20):
            batch = members[start : start + 20]
            files = [(Path(m.name).name, io.BytesIO(archive.extractfile(m).read())) for m in batch]
            answer = upload(client, *files)
            assert answer.status_code == 200, answer.text
            for member, item in zip(batch, answer.json(), strict=True):
                if item["error"] is None:
                    rated += 1
                    assert item["rating"]["faces"], member.name
                else:
                    refused += 1
                    assert " " in item["error"], member.name
                    assert "\n" not in item["error"], member.name
    assert rated + refused == len(members)
    assert rated > 150
    assert refused > 20
