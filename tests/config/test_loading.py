"""A configuration is right, or every mistake in it is named."""

from pathlib import Path

import pytest

from device.config.loading import change_config, load_config
from device.config.problems import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]


def written(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path, text, overrides=()):
    with pytest.raises(ConfigurationError) as caught:
        load_config(written(tmp_path, text), overrides)
    return [str(problem) for problem in caught.value.problems]


def test_the_shipped_file_says_what_the_defaults_are():
    assert load_config(ROOT / "config.yaml") == load_config(None)


def test_an_empty_file_and_empty_sections_mean_the_defaults(tmp_path):
    assert load_config(written(tmp_path, "")) == load_config(None)
    assert load_config(written(tmp_path, "camera:\nmqtt:\n")) == load_config(None)


def test_a_value_that_is_not_allowed_is_named_with_file_line_key_and_bounds(tmp_path):
    (problem,) = problems(tmp_path, "shutter:\n  threshold: 1.5\n")
    assert "config.yaml:2: shutter.threshold: found 1.5" in problem
    assert "less than or equal to 1" in problem


def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path):
    (problem,) = problems(tmp_path, "camera:\n  sorce: auto\n")
    assert "config.yaml:2: camera.sorce: unknown key; did you mean source?" in problem


def test_all_mistakes_are_reported_at_once(tmp_path):
    found = problems(
        tmp_path,
        "camera:\n  frame_rate: -1\nshutter:\n  hold_frames: many\nfoo: 1\n",
        ["album.jpeg_quality=200", "nonsense"],
    )
    assert len(found) == 5


def test_a_key_given_twice_is_refused_with_both_lines(tmp_path):
    (problem,) = problems(tmp_path, "log:\n  level: info\n  level: debug\n")
    assert "config.yaml:3: log.level: the key stands twice (first on line 2)" in problem


@pytest.mark.parametrize(
    "text", ["a: [", "- 1\n- 2", "just words", "x: &a 1\ny: *a", "a: !!python/object:os.system 1"]
)
def test_what_is_not_a_configuration_is_refused_in_a_sentence(tmp_path, text):
    assert len(problems(tmp_path, text)) == 1


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(ConfigurationError, match="there is no such file"):
        load_config(tmp_path / "absent.yaml")


def test_the_command_line_is_stronger_than_saved_settings_and_these_than_the_file(tmp_path):
    path = written(tmp_path, "shutter:\n  threshold: 0.6\n  hold_frames: 3\n  cooldown_s: 9\n")
    config = load_config(
        path,
        ["shutter.threshold=0.9"],
        saved={"shutter.threshold": 0.7, "shutter.hold_frames": 4},
    )
    assert config.shutter.threshold == 0.9
    assert config.shutter.hold_frames == 4
    assert config.shutter.cooldown_s == 9


def test_a_mistake_on_the_command_line_is_said_to_be_there(tmp_path):
    (problem,) = problems(tmp_path, "", ["shutter.threshold=high"])
    assert problem.startswith("--set shutter.threshold:")


def test_a_secret_in_the_file_is_refused_and_never_repeated(tmp_path):
    (problem,) = problems(tmp_path, "mqtt:\n  password: hunter2\n")
    assert "mqtt.password" in problem
    assert "file:/path/to/file" in problem
    assert "hunter2" not in problem


def test_a_page_that_others_can_reach_needs_a_password(tmp_path):
    (problem,) = problems(tmp_path, "web:\n  host: 0.0.0.0\n")
    assert "password or token must be set" in problem
    guarded = "web:\n  host: 0.0.0.0\n  password: file:/etc/page\n"
    assert load_config(written(tmp_path, guarded)).web.host == "0.0.0.0"


def test_a_moment_that_could_never_end_is_refused(tmp_path):
    (problem,) = problems(tmp_path, "shutter:\n  threshold: 0.1\n  hysteresis: 0.3\n")
    assert "could never end" in problem


def test_changing_a_key_is_checked_like_the_file():
    config = change_config(load_config(None), {"shutter.threshold": 0.5})
    assert config.shutter.threshold == 0.5
    with pytest.raises(ConfigurationError, match=r"shutter\.threshold"):
        change_config(config, {"shutter.threshold": "high"})


def test_a_changed_configuration_keeps_its_secrets(tmp_path):
    config = load_config(written(tmp_path, "mqtt:\n  username: booth\n  password: env:BROKER\n"))
    assert change_config(config, {"log.level": "debug"}).mqtt.password == config.mqtt.password
