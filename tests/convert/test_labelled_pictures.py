import tarfile

import cv2
import numpy as np
import pytest

from convert.errors import ConfigurationError
from convert.faces.labelled_pictures import read_labelled_pictures


def picture(path, level=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((20, 20, 3), level, np.uint8))


def test_a_table_of_smiles_is_read_and_unusable_rows_left_out(tmp_path):
    for name in "abc":
        picture(tmp_path / f"images/{name}.png")
    (tmp_path / "labels.csv").write_text(
        "file,smile,usable\nimages/a.png,1,1\nimages/b.png,0,1\nimages/c.png,0,0\n"
    )
    found = read_labelled_pictures(tmp_path)
    assert found.names == ("images/a.png", "images/b.png")
    assert found.smiling.tolist() == [True, False]
    assert found.classes is None
    assert found.images[0].shape == (20, 20)


def test_folders_named_after_the_classes_label_what_is_in_them(tmp_path):
    for label in ("huge", "none", "mild"):
        picture(tmp_path / "faces" / label / "x.png")
    with tarfile.open(tmp_path / "faces.tar", "w") as archive:
        archive.add(tmp_path / "faces", "faces")
    found = read_labelled_pictures(tmp_path / "faces.tar")
    by_name = dict(zip(found.names, found.classes.tolist(), strict=True))
    assert by_name == {"faces/huge/x.png": 3, "faces/none/x.png": 0, "faces/mild/x.png": 1}


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("file,smile\na.png,2\n", "line 2: smile is '2'"),
        ("file,label\na.png,big\n", "line 2: label is 'big'"),
        ("file,smile\nb.png,1\n", "b.png is not there"),
        ("name,smile\n", "`file` and `smile`"),
    ],
)
def test_a_wrong_table_is_explained(tmp_path, table, complaint):
    picture(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text(table)
    with pytest.raises(ConfigurationError, match=complaint):
        read_labelled_pictures(tmp_path)


def test_nothing_labelled_and_nothing_there_are_errors(tmp_path):
    picture(tmp_path / "a.png")
    with pytest.raises(ConfigurationError, match="no labelled faces"):
        read_labelled_pictures(tmp_path)
    with pytest.raises(ConfigurationError, match="cannot be read as a folder or tar"):
        read_labelled_pictures(tmp_path / "none.tar")
