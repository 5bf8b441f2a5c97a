import json
import subprocess
import sys
from pathlib import Path

import pytest

from convert.cli import main
from device.vision.manifest import Manifest
from tests.convert.test_official_files import PIXELS, pixels_file, votes_file

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"


def test_prepare_writes_the_set_and_reports_counts_as_json(tmp_path, capsys):
    pixels = pixels_file(tmp_path, f"3,{PIXELS},Training", "0,,PublicTest")
    votes = votes_file(
        tmp_path,
        "Training,a.png,1,9,0,0,0,0,0,0,0,0",
        "PublicTest,b.png,10,0,0,0,0,0,0,0,0,0",
    )
    out = tmp_path / "set.npz"
    code = main(
        ["prepare", "--pixels", str(pixels), "--votes", str(votes), "--out", str(out), "--json"]
    )
    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert out.is_file()
    assert report["splits"]["Training"]["huge"] == 1
    assert report["faces_without_picture"] == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["prepare"], 78),
        (["evaluate", "none.tflite"], 78),
        (["train", "--set", "none.npz", "--stages", "nonsense"], 78),
        (["verify", "--models", "nowhere"], 78),
    ],
)
def test_what_cannot_be_done_is_a_configuration_error(arguments, code, capsys):
    assert main(arguments) == code
    assert "printability-convert: " in capsys.readouterr().err


def test_wrong_usage_exits_with_2():
    with pytest.raises(SystemExit) as exit_:
        main(["verify", "--no-such-option"])
    assert exit_.value.code == 2


def test_verify_passes_the_shipped_network(capsys):
    assert main(["verify", "--models", str(MODELS), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["passed"]
    assert [check["name"] for check in report["checks"]] == ["manifest", "integer", "runtimes"]


def test_verify_fails_with_1_and_still_reports(tmp_path, capsys):
    entry = Manifest.load(MODELS).entry("smile").model_dump(mode="json")
    (tmp_path / "manifest.json").write_text(json.dumps({"models": {"smile": entry}}))
    assert main(["verify", "--models", str(tmp_path), "--json"]) == 1
    found = capsys.readouterr()
    assert json.loads(found.out)["passed"] is False
    assert "did not pass: manifest" in found.err


def test_evaluate_measures_a_tflite_on_both_subsets(prepared, tmp_path, capsys):
    model = Manifest.load(MODELS).file("smile")
    arguments = ["evaluate", str(model), "--set", str(prepared), "--rounds", "5", "--json"]
    assert main(arguments) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["full"]["faces"] == 60
    assert 0 < report["seed_subset"]["faces"] < 60
    assert 0 <= report["full"]["figures"]["accuracy"]["value"] <= 1


def test_measuring_and_proving_need_no_tensorflow():
    program = (
        "import sys; import convert.cli.main, convert.smile.evaluate_command, "
        "convert.smile.verify_command; "
        "sys.exit(any(name.split('.')[0] in ('tensorflow', 'keras') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 0
