import numpy as np
import pytest

from convert.errors import ConfigurationError
from convert.faces.prepared_set import Faces, from_npz, from_official_files
from tests.convert.conftest import SHARED, drawn_faces, needs
from tests.convert.test_official_files import PIXELS, pixels_file, votes_file

SMILE = "Training,a.png,1,9,0,0,0,0,0,0,0,0"
NO_FACE = "Training,,0,0,0,0,0,0,0,0,0,10"
SERIOUS = "PublicTest,b.png,10,0,0,0,0,0,0,0,0,0"


def test_named_rows_with_pictures_make_the_set(tmp_path):
    pixels = pixels_file(tmp_path, f"3,{PIXELS},Training", f"0,{PIXELS},Training", "0,,PublicTest")
    faces, absent = from_official_files(pixels, votes_file(tmp_path, SMILE, NO_FACE, SERIOUS))
    assert absent == 1
    assert faces.row.tolist() == [0]
    assert faces.classes.tolist() == [3]


def test_files_of_different_length_or_order_are_refused(tmp_path):
    pixels = pixels_file(tmp_path, f"3,{PIXELS},Training")
    with pytest.raises(ConfigurationError, match=r"has 1 rows and .* has 2"):
        from_official_files(pixels, votes_file(tmp_path, SMILE, NO_FACE))
    with pytest.raises(ConfigurationError, match=r"line 2: Usage is PublicTest, but .* Training"):
        from_official_files(pixels, votes_file(tmp_path, SERIOUS))


def test_a_set_comes_back_as_it_was_saved(tmp_path):
    faces = drawn_faces()
    faces.save(tmp_path / "set.npz")
    again = Faces.load(tmp_path / "set.npz")
    assert (again.images == faces.images).all()
    assert (again.votes == faces.votes).all()
    assert (again.in_seed_subset == faces.in_seed_subset).all()
    assert again.counts() == faces.counts()


def test_what_is_no_prepared_set_is_refused(tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"PK nonsense")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    for name, complaint in (
        ("broken.npz", "cannot be read"),
        ("other.npz", "is no prepared set"),
        ("none.npz", "cannot be read"),
    ):
        with pytest.raises(ConfigurationError, match=complaint):
            Faces.load(tmp_path / name)


def test_a_split_without_faces_is_an_error():
    with pytest.raises(ConfigurationError, match="no faces of PrivateTest"):
        drawn_faces().of_split("PrivateTest")


def test_the_shared_npz_gives_the_counts_of_fer_plus():
    faces = from_npz(needs(SHARED / "ferplus" / "ferplus_train_valid.npz"))
    counts = faces.counts()
    assert counts["Training"] == {
        "faces": 28561, "none": 16981, "mild": 2048, "moderate": 1993, "huge": 7539,
        "seed_subset": 22867,
    }  # fmt: skip
    assert counts["PublicTest"]["faces"] == 3579
    assert counts["PublicTest"]["seed_subset"] == 2876
