"""Settings change while running, survive a restart if asked to, and a bad file changes nothing."""

import pytest

from device.config.problems import ConfigurationError
from device.daemon.settings import LiveSettings, is_live, load_with_saved


def settings_from(tmp_path, text="", overrides=()):
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    overrides = (f"storage.folder={tmp_path}", *overrides)
    config, saved = load_with_saved(path, overrides)
    return LiveSettings(config, path, overrides, saved)


def test_listeners_hear_of_a_change(tmp_path):
    settings, heard = settings_from(tmp_path), []
    settings.listen(heard.append)
    settings.change({"shutter.threshold": 0.5}, persist=False)
    assert settings.config.shutter.threshold == 0.5
    assert heard == [settings.config]


def test_a_refused_change_changes_nothing(tmp_path):
    settings, heard = settings_from(tmp_path), []
    settings.listen(heard.append)
    with pytest.raises(ConfigurationError):
        settings.change({"shutter.threshold": 7}, persist=True)
    assert settings.config.shutter.threshold == 0.85
    assert heard == []


def test_a_kept_change_survives_a_restart_and_an_unkept_one_does_not(tmp_path):
    settings = settings_from(tmp_path)
    settings.change({"shutter.threshold": 0.5}, persist=True)
    settings.change({"shutter.hold_frames": 7}, persist=False)
    again = settings_from(tmp_path)
    assert again.config.shutter.threshold == 0.5
    assert again.config.shutter.hold_frames == 2


@pytest.mark.parametrize("text", ["{", "[1]", '{"shutter.threshold": 9}', '{"shutter.gone": 1}'])
def test_saved_settings_that_make_no_sense_are_ignored_aloud(tmp_path, text, caplog):
    (tmp_path / "saved_settings.json").write_text(text, encoding="utf-8")
    assert settings_from(tmp_path).config.shutter.threshold == 0.85
    assert "ignored" in caplog.text


def test_reloading_takes_over_live_keys_and_names_those_that_need_a_restart(tmp_path):
    settings = settings_from(tmp_path, "shutter:\n  threshold: 0.6\n")
    (tmp_path / "config.yaml").write_text(
        "shutter:\n  threshold: 0.7\ncamera:\n  frame_rate: 5\n", encoding="utf-8"
    )
    assert settings.reload() == ("camera.frame_rate",)
    assert settings.config.shutter.threshold == 0.7
    assert settings.config.camera.frame_rate == 15


def test_a_bad_new_file_leaves_the_old_settings_in_force(tmp_path):
    settings = settings_from(tmp_path, "shutter:\n  threshold: 0.6\n")
    (tmp_path / "config.yaml").write_text("shutter:\n  threshold: 9\n", encoding="utf-8")
    with pytest.raises(ConfigurationError):
        settings.reload()
    assert settings.config.shutter.threshold == 0.6


def test_what_can_change_while_running_is_listed():
    assert is_live("shutter.threshold")
    assert is_live("mqtt.score_interval_s")
    assert not is_live("camera.source")
    assert not is_live("shutterless.key")
