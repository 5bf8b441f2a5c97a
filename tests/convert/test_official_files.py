from pathlib import Path

import numpy as np
import pytest

from convert.errors import ConfigurationError
from convert.faces.official_files import read_pixels, read_votes

VOTES_HEAD = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
)
PIXELS = " ".join(["7"] * 2304)


def votes_file(folder: Path, *rows: str) -> Path:
    file = folder / "fer2013new.csv"
    file.write_text(VOTES_HEAD + "\n".join(rows) + "\n")
    return file


def pixels_file(folder: Path, *rows: str) -> Path:
    file = folder / "fer2013.csv"
    file.write_text("emotion,pixels,Usage\n" + "\n".join(rows) + "\n")
    return file


def test_votes_are_read_with_their_line_and_name(tmp_path):
    file = votes_file(
        tmp_path, "Training,a.png,4,6,0,0,0,0,0,0,0,0", "PublicTest,,0,0,0,0,0,0,0,0,0,10"
    )
    first, second = read_votes(file)
    assert (first.line, first.usage, first.name) == (2, "Training", "a.png")
    assert first.votes == (4, 6, 0, 0, 0, 0, 0, 0, 0, 0)
    assert second.name == ""


def test_pixels_become_a_picture_and_empty_ones_are_absent(tmp_path):
    first, second = read_pixels(pixels_file(tmp_path, f"0,{PIXELS},Training", "0,,PrivateTest"))
    assert first.picture.shape == (48, 48)
    assert first.picture.dtype == np.uint8
    assert (first.picture == 7).all()
    assert second.picture is None


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("Trainig,a.png,4,6,0,0,0,0,0,0,0,0", "line 2: Usage is 'Trainig'"),
        ("Training,a.png,4,x,0,0,0,0,0,0,0,0", "line 2: happiness is 'x'"),
        ("Training,a.png,4,11,0,0,0,0,0,0,0,0", "line 2: happiness is '11'"),
        ("Training,a.png,4,6", "line 2: surprise is ''"),
        ("Training,a.png,0,0,0,0,0,0,0,0,0,0", "line 2: the face has no votes"),
    ],
)
def test_a_malformed_vote_row_is_named_by_its_line(tmp_path, row, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        list(read_votes(votes_file(tmp_path, row)))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("0,1 2 3,Training", "line 2: 3 pixels; 2304"),
        (f"0,{PIXELS} x,Training", "line 2: pixels are not whole numbers"),
        (f"0,{PIXELS[:-1]}256,Training", "line 2: a pixel is 256"),
        (f"0,{PIXELS},Test", "line 2: Usage is 'Test'"),
    ],
)
def test_a_malformed_pixel_row_is_named_by_its_line(tmp_path, row, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        list(read_pixels(pixels_file(tmp_path, row)))


def test_a_missing_file_and_a_missing_column_are_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.csv cannot be read"):
        list(read_votes(tmp_path / "nowhere.csv"))
    file = tmp_path / "short.csv"
    file.write_text("Usage,neutral\n")
    with pytest.raises(ConfigurationError, match="lacks the column Image name, happiness"):
        list(read_votes(file))
