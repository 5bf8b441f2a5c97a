"""One loader for every network: it reads the file, explains failures, and computes the same."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from device.vision import tflite
from device.vision.tflite import ModelError, TensorSpec, TfliteModel

PEER = os.environ.get("PRINTABILITY_TFLITE_RUNTIME_PYTHON")


@pytest.fixture(scope="module")
def network(models_folder):
    return TfliteModel(models_folder / "smile_efficientnetb0_96_int8.tflite")


def test_size_type_and_quantization_come_from_the_file(network):
    assert network.input_size == (96, 96)
    assert network.channels == 3
    assert network.input.dtype == np.uint8
    assert (network.input.scale, network.input.zero_point) == (1.0, 0)
    assert network.output.scale == 1 / 256


def test_the_runtime_is_named_with_its_version(network):
    name, version = network.runtime_name.split(" ")
    assert name in {"ai-edge-litert", "tflite-runtime"}
    assert version[0].isdigit()


def test_outputs_are_dequantized_one_row_per_picture(network):
    pictures = np.random.default_rng(1).integers(0, 255, (3, 96, 96, 3), dtype=np.uint8)
    answers = network.run(pictures)
    assert answers.shape == (3, 4)
    assert answers.dtype == np.float32
    assert np.allclose(answers.sum(axis=1), 1, atol=0.02)
    assert np.array_equal(answers[1], network.run(pictures[1:2])[0])


def test_threads_change_the_speed_but_not_the_answer(network, models_folder):
    picture = np.full((1, 96, 96, 3), 120, np.uint8)
    two = TfliteModel(models_folder / "smile_efficientnetb0_96_int8.tflite", threads=2)
    assert np.array_equal(two.run(picture), network.run(picture))


@pytest.mark.parametrize(
    "batch", [np.zeros((1, 64, 64, 3), np.uint8), np.zeros((1, 96, 96, 3), np.float32)]
)
def test_a_batch_of_another_shape_or_type_is_refused(network, batch):
    with pytest.raises(ModelError, match=r"takes \(n, 96, 96, 3\) uint8; it was given"):
        network.run(batch)


def test_real_values_are_rounded_and_saturated_to_what_the_input_stores():
    stored = TensorSpec((1, 3), np.dtype(np.int8), 0.5, -10)
    real = np.array([-100.0, 0.3, 1.0, 100.0], np.float32)
    assert stored.quantize(real).tolist() == [-128, -9, -8, 127]
    assert stored.dequantize(np.array([-8], np.int8)).tolist() == [1.0]
    plain = TensorSpec((1, 3), np.dtype(np.float32), 0.0, 0)
    assert plain.quantize(real).tolist() == real.tolist()
    assert plain.dequantize(real).tolist() == real.tolist()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"gone\.tflite does not exist"):
        TfliteModel(tmp_path / "gone.tflite")


@pytest.mark.parametrize("kept", [0, 100, 100_000])
def test_a_cut_file_is_refused_with_its_name(tmp_path, models_folder, kept):
    whole = (models_folder / "smile_efficientnetb0_96_int8.tflite").read_bytes()
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(whole[:kept])
    with pytest.raises(ModelError, match=r"cut\.tflite cannot be loaded"):
        TfliteModel(cut)


def test_no_threads_are_too_few(models_folder):
    with pytest.raises(ModelError, match="threads is 0"):
        TfliteModel(models_folder / "smile_efficientnetb0_96_int8.tflite", threads=0)


def test_without_any_runtime_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", None)
    with pytest.raises(ModelError, match="pip install ai-edge-litert"):
        tflite.find_runtime()


def test_the_older_runtime_stands_in_for_the_newer(monkeypatch):
    real = tflite.find_runtime()[0]
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    stand_in = type(sys)("tflite_runtime.interpreter")
    stand_in.Interpreter = real
    monkeypatch.setitem(sys.modules, "tflite_runtime", type(sys)("tflite_runtime"))
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", stand_in)
    monkeypatch.setattr(tflite.metadata, "version", lambda name: f"version of {name}")
    assert tflite.find_runtime() == (real, "tflite-runtime version of tflite-runtime")


@pytest.mark.skipif(
    not PEER,
    reason="PRINTABILITY_TFLITE_RUNTIME_PYTHON names no Python that has tflite-runtime",
)
def test_both_runtimes_give_the_same_answers(network, models_folder):
    """int8 arithmetic differs in rounding between their kernels, by a few 256ths."""
    pictures = np.random.default_rng(2).integers(0, 255, (4, 96, 96, 3), dtype=np.uint8)
    program = (
        "import json, sys, numpy as np\n"
        "from tflite_runtime.interpreter import Interpreter\n"
        "network = Interpreter(sys.argv[1]); network.allocate_tensors()\n"
        "place = network.get_input_details()[0]['index']\n"
        "result = network.get_output_details()[0]['index']\n"
        "answers = []\n"
        "for picture in np.random.default_rng(2).integers(0, 255, (4, 96, 96, 3), dtype='u1'):\n"
        "    network.set_tensor(place, picture[None]); network.invoke()\n"
        "    answers.append((network.get_tensor(result)[0] / 256).tolist())\n"
        "print(json.dumps(answers))\n"
    )
    file = str(models_folder / "smile_efficientnetb0_96_int8.tflite")
    done = subprocess.run([PEER, "-c", program, file], capture_output=True, text=True, check=True)
    theirs = np.array(json.loads(done.stdout.splitlines()[-1]))
    assert np.abs(theirs - network.run(pictures)).max() < 0.06
