"""Secrets come from files, the environment or systemd, and are never shown."""

import pytest

from device.config.secret import Secret, SecretUnavailableError


def test_a_secret_is_read_from_a_file_without_its_line_break(tmp_path):
    (tmp_path / "password").write_text("hunter2\n", encoding="utf-8")
    assert Secret(f"file:{tmp_path / 'password'}").reveal() == "hunter2"


def test_a_secret_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("BROKER_PASSWORD", "hunter2")
    assert Secret("env:BROKER_PASSWORD").reveal() == "hunter2"


def test_a_secret_is_read_from_systemds_credentials(tmp_path, monkeypatch):
    (tmp_path / "mqtt").write_text("hunter2", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert Secret("credential:mqtt").reveal() == "hunter2"


@pytest.mark.parametrize("reference", ["file:/absent/file", "env:ABSENT_VARIABLE", "credential:x"])
def test_a_secret_that_is_not_there_names_its_place(reference, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SecretUnavailableError, match=r"file|ABSENT_VARIABLE|CREDENTIALS_DIRECTORY"):
        Secret(reference).reveal()


@pytest.mark.parametrize("text", ["hunter2", "file:", "ftp:x", ""])
def test_a_plain_password_is_refused_without_being_repeated(text):
    with pytest.raises(ValueError, match="a secret is not written") as caught:
        Secret(text)
    assert "hunter2" not in str(caught.value)


def test_printing_shows_the_place_only(monkeypatch):
    monkeypatch.setenv("BROKER_PASSWORD", "hunter2")
    secret = Secret("env:BROKER_PASSWORD")
    assert repr(secret) == "Secret('env:BROKER_PASSWORD')"
    assert secret == Secret("env:BROKER_PASSWORD")
    assert hash(secret) == hash(Secret("env:BROKER_PASSWORD"))
