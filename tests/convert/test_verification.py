import json
import os
from pathlib import Path

import numpy as np
import pytest

from convert.errors import ConfigurationError, ConvertError
from convert.runtimes import run_in
from convert.smile.verification import (
    check_agreement,
    check_integer,
    check_manifest,
    check_runtimes,
)
from device.vision.manifest import Manifest
from tests.convert.conftest import drawn_faces

MODELS = Path(__file__).resolve().parents[2] / "models"
RUNTIME_PYTHON = os.environ.get("PRINTABILITY_TFLITE_RUNTIME_PYTHON")


@pytest.fixture(scope="module")
def model() -> Path:
    return Manifest.load(MODELS).file("smile")


@pytest.fixture(scope="module")
def faces():
    return drawn_faces(6)


def test_the_shipped_network_is_the_one_the_manifest_promises():
    check = check_manifest(MODELS, "smile")
    assert check.passed, check.detail


def test_a_changed_file_fails_the_manifest(tmp_path, model):
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    (tmp_path / model.name).write_bytes(content)
    entry = Manifest.load(MODELS).entry("smile").model_dump(mode="json")
    (tmp_path / "manifest.json").write_text(json.dumps({"models": {"smile": entry}}))
    check = check_manifest(tmp_path, "smile")
    assert not check.passed
    assert "SHA-256" in check.detail


def test_the_shipped_network_is_integer_throughout(model):
    check = check_integer(model)
    assert check.passed, check.detail


def test_the_shipped_network_means_the_same_to_the_oldest_runtime(model, faces):
    if RUNTIME_PYTHON is None:
        pytest.skip("PRINTABILITY_TFLITE_RUNTIME_PYTHON names no Python with tflite-runtime 2.14")
    check, answers = check_runtimes(model, faces.images, [Path(RUNTIME_PYTHON)])
    assert answers[1].runtime.startswith("tflite-runtime")
    assert check.passed, check.detail


def test_a_network_agrees_with_itself(model, faces):
    check = check_agreement(model, model, faces.images, faces.classes)
    assert check.passed
    assert check.facts["agreement"] == 1
    assert check.facts["loss"] == 0


def test_an_interpreter_that_is_none_is_a_configuration_error(model, faces):
    with pytest.raises(ConfigurationError, match="cannot be started"):
        run_in(Path("/nowhere/python"), model, np.zeros((1, 8, 8, 3), np.uint8))


def test_a_file_that_is_no_network_fails_with_the_runtimes_words(tmp_path):
    (tmp_path / "bad.tflite").write_bytes(b"not a network")
    with pytest.raises(ConvertError, match=r"bad\.tflite does not run"):
        run_in(None, tmp_path / "bad.tflite", np.zeros((1, 8, 8, 3), np.uint8))
