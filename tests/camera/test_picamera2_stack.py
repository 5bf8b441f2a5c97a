"""What people are told when picamera2 cannot be used, and how exposure is limited."""

import sys
from pathlib import Path

import pytest

from device.camera.frame import CameraError
from device.camera.picamera2_stack import (
    MOST_GAIN,
    explain_import_error,
    limited_exposure,
    load_picamera2,
)


def broken_package(folder: Path, name: str, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / f"{name}.py").write_text(body)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)


def test_a_missing_picamera2_names_the_package_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "raise ModuleNotFoundError('No module named picamera2', name='picamera2')"
    broken_package(tmp_path, "picamera2", body, monkeypatch)
    with pytest.raises(
        CameraError, match=r"apt install -y python3-picamera2.*system-site-packages"
    ):
        load_picamera2()


def test_simplejpeg_against_another_numpy_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        "raise ValueError('numpy.dtype size changed, may indicate binary incompatibility. "
        "Expected 96 from C header, got 88 from PyObject')"
    )
    broken_package(tmp_path, "picamera2", body, monkeypatch)
    with pytest.raises(CameraError, match=r"wrong NumPy.*pip uninstall -y numpy"):
        load_picamera2()


@pytest.mark.parametrize(
    "error",
    [
        ImportError("numpy.core.multiarray failed to import"),
        AttributeError("_ARRAY_API not found"),
        ImportError("A module that was compiled using NumPy 1.x cannot be run in NumPy 2.2.4"),
        RuntimeError("module compiled against ABI version 0x1000009 but this version is 0x2000000"),
    ],
)
def test_every_way_numpy_says_it_is_recognised(error: Exception) -> None:
    assert "wrong NumPy" in explain_import_error(error)


def test_the_cause_behind_an_error_is_seen() -> None:
    outer = ImportError("cannot import name encode_jpeg")
    outer.__cause__ = ValueError("numpy.dtype size changed")
    assert "wrong NumPy" in explain_import_error(outer)


def test_another_missing_package_is_named() -> None:
    error = ModuleNotFoundError("No module named 'pidng.core'", name="pidng.core")
    assert "python3-pidng" in explain_import_error(error)


def test_an_unknown_failure_is_passed_on_in_its_own_words() -> None:
    assert "libfoo.so.3" in explain_import_error(OSError("libfoo.so.3: cannot open"))


def modes() -> dict[str, dict[str, list[float]]]:
    return {
        "normal": {"shutter": [100, 10000, 30000, 60000, 66666], "gain": [1.0, 1.5, 2.0, 4.0, 8.0]},
        "short": {"shutter": [100, 5000, 10000], "gain": [1.0, 2.0, 6.0]},
    }


@pytest.mark.parametrize(
    "agc", [{"exposure_modes": modes()}, {"channels": [{"exposure_modes": modes()}]}]
)
def test_no_exposure_is_longer_than_the_limit(agc: dict[str, object]) -> None:
    tuning = {"version": 2.0, "algorithms": [{"rpi.awb": {}}, {"rpi.agc": agc}]}
    limited = limited_exposure(tuning, 20_000)
    assert limited is not None
    found = limited["algorithms"][1]["rpi.agc"]
    found = found.get("channels", [found])[0]["exposure_modes"]
    assert found["normal"]["shutter"] == [100, 10000, 20000, 20000, 20000]
    assert found["normal"]["gain"] == [1.0, 1.5, 2.0, 4.0, MOST_GAIN]
    assert found["short"] == modes()["short"]


def test_a_tuning_of_the_first_version_is_limited_too() -> None:
    limited = limited_exposure({"rpi.agc": {"exposure_modes": modes()}}, 5_000)
    assert limited is not None
    assert max(limited["rpi.agc"]["exposure_modes"]["short"]["shutter"]) == 5_000
    assert limited["rpi.agc"]["exposure_modes"]["short"]["gain"][-1] == 12.0


def test_the_given_tuning_is_not_changed() -> None:
    tuning = {"algorithms": [{"rpi.agc": {"exposure_modes": modes()}}]}
    limited_exposure(tuning, 1_000)
    assert tuning["algorithms"][0]["rpi.agc"]["exposure_modes"] == modes()


def test_a_tuning_without_automatic_exposure_cannot_be_limited() -> None:
    assert limited_exposure({"algorithms": [{"rpi.awb": {}}]}, 20_000) is None
