"""The manifest names the models that ship, and a wrong file is never loaded."""

import json
import shutil

import pytest

from device.vision.manifest import Manifest, ManifestError, sha256_of


@pytest.fixture
def folder(tmp_path, models_folder):
    """A models folder of one small model."""
    shutil.copy(models_folder / "face_detector.prototxt", tmp_path / "layout.prototxt")
    entry = {
        "file": "layout.prototxt",
        "sha256": sha256_of(tmp_path / "layout.prototxt"),
        "bytes": (tmp_path / "layout.prototxt").stat().st_size,
        "source": "a test",
        "licence": "BSD",
        "task": "face_detection_layout",
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"models": {"layout": entry}}))
    return tmp_path


def edit(folder, **changes):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["models"]["layout"] |= changes
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_every_model_that_ships_is_the_file_its_entry_describes(models_folder):
    manifest = Manifest.load(models_folder)
    assert {"face_detector", "face_detector_layout", "smile"} <= set(manifest.models)
    for name in manifest.models:
        assert manifest.verified_file(name).is_file()


def test_every_card_that_is_named_exists(models_folder):
    manifest = Manifest.load(models_folder)
    cards = [entry.card for entry in manifest.models.values() if entry.card]
    assert cards
    assert all((models_folder / card).is_file() for card in cards)


def test_an_entry_gives_its_file(folder):
    assert Manifest.load(folder).verified_file("layout") == folder / "layout.prototxt"


def test_an_unknown_name_lists_the_known_ones(folder):
    with pytest.raises(ManifestError, match=r"no model 'smyle'.*it has: layout"):
        Manifest.load(folder).entry("smyle")


def test_a_changed_byte_is_noticed(folder):
    file = folder / "layout.prototxt"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    with pytest.raises(ManifestError, match=r"SHA-256 .* it is damaged"):
        Manifest.load(folder).verified_file("layout")


def test_a_cut_file_is_noticed_by_its_size(folder):
    file = folder / "layout.prototxt"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ManifestError, match="it is incomplete"):
        Manifest.load(folder).verified_file("layout")


def test_a_missing_file_is_named(folder):
    (folder / "layout.prototxt").unlink()
    with pytest.raises(ManifestError, match=r"layout\.prototxt cannot be read"):
        Manifest.load(folder).verified_file("layout")


def test_a_missing_manifest_is_named(tmp_path):
    with pytest.raises(ManifestError, match=r"manifest\.json cannot be read"):
        Manifest.load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"sha256": "abc"}, "models.layout.sha256"),
        ({"file": "../elsewhere"}, "models.layout.file"),
        ({"bytes": 0}, "models.layout.bytes"),
        ({"licence": None}, "models.layout.licence"),
    ],
)
def test_a_wrong_entry_is_refused_by_its_key(folder, changes, complaint):
    edit(folder, **changes)
    with pytest.raises(ManifestError, match=complaint):
        Manifest.load(folder)


def test_a_file_that_is_no_json_is_refused(folder):
    (folder / "manifest.json").write_text("models:")
    with pytest.raises(ManifestError, match="is not valid"):
        Manifest.load(folder)
