"""The camera's section of the configuration."""

import pytest
from pydantic import ValidationError

from device.config.camera import CameraSettings


@pytest.mark.parametrize("source", ["", "   "])
def test_a_blank_source_is_refused(source):
    with pytest.raises(ValidationError):
        CameraSettings(source=source)


def test_a_source_is_taken_without_surrounding_blanks():
    assert CameraSettings(source=" /dev/video0 ").source == "/dev/video0"


def test_a_password_is_named_by_its_place_and_needs_a_user():
    settings = CameraSettings.model_validate({"username": "viewer", "password": "env:CAMERA"})
    assert settings.password is not None
    assert settings.password.reference == "env:CAMERA"
    with pytest.raises(ValidationError, match=r"camera\.username is not; write both"):
        CameraSettings.model_validate({"password": "env:CAMERA"})
    with pytest.raises(ValidationError, match="a secret is not written into the configuration"):
        CameraSettings.model_validate({"username": "viewer", "password": "geheim"})
