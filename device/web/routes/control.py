"""Requests to the appliance: the very same as over MQTT."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from device.messages.request import RequestError
from device.web.parts import Parts, WebParts
from device.web.problems import REFUSALS, refusals

router = APIRouter(tags=["control"], responses={**REFUSALS, **refusals(409)})


class Settings(BaseModel):
    """Settings by their dotted names."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"shutter.threshold": 0.7}]}
    )

    persist: Annotated[bool, Field(description="Keep them over a restart.")] = False


class Keys(BaseModel):
    """Which settings to get; all without it."""

    keys: list[str] | None = Field(default=None, max_length=200, description="Dotted names.")


@router.post("/api/shoot")
def shoot(parts: Parts) -> dict[str, Any]:
    """Take a photo now, whatever the score."""
    return _carry_out(parts, "shoot", {})


@router.post("/api/pause")
def pause(parts: Parts) -> dict[str, Any]:
    """Shoot nothing until resumed."""
    return _carry_out(parts, "pause", {})


@router.post("/api/resume")
def resume(parts: Parts) -> dict[str, Any]:
    """Shoot again."""
    return _carry_out(parts, "resume", {})


@router.post("/api/restart-camera")
def restart_camera(parts: Parts) -> dict[str, Any]:
    """Close and open the camera."""
    return _carry_out(parts, "restart-camera", {})


@router.post("/api/settings")
def set_settings(settings: Settings, parts: Parts) -> dict[str, Any]:
    """Change settings while running, such as `{"shutter.threshold": 0.7}`."""
    return _carry_out(parts, "set", settings.model_dump(mode="json"))


@router.get("/api/settings")
def get_settings(parts: Parts) -> dict[str, Any]:
    """The settings that can be changed while running."""
    return _carry_out(parts, "get", {})


@router.post("/api/settings/query")
def query_settings(wanted: Keys, parts: Parts) -> dict[str, Any]:
    """Some settings, by their names."""
    return _carry_out(parts, "get", {"keys": wanted.keys} if wanted.keys is not None else {})


@router.get("/api/last-shot")
def last_shot(parts: Parts) -> dict[str, Any]:
    """The newest shot, or null."""
    return _carry_out(parts, "last-shot", {})


def _carry_out(parts: WebParts, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return parts.requests(name, arguments)
    except RequestError as error:
        text = str(error).encode("utf-8", "replace").decode("utf-8")
        raise HTTPException(409, text) from error
