"""What other machines and people may ask of the running appliance."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from device.config.problems import ConfigurationError
from device.daemon.settings import LIVE_KEYS, LiveSettings, is_live
from device.messages.request import REQUEST_NAMES, RequestError
from device.messages.shot import ShotEvent, shot_to_json

logger = logging.getLogger(__name__)

MAX_CHANGES: Final = 50


@dataclass(frozen=True, slots=True)
class RequestActions:
    """What requests set in motion."""

    shoot: Callable[[], None]
    pause: Callable[[], None]
    resume: Callable[[], None]
    restart_camera: Callable[[], None]
    last_shot: Callable[[], ShotEvent | None]


class ApplianceRequests:
    """Carries requests out: the one implementation behind MQTT and the page."""

    def __init__(self, settings: LiveSettings, actions: RequestActions) -> None:
        self._settings = settings
        self._actions = actions
        self._handlers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "shoot": self._shoot,
            "pause": self._pause,
            "resume": self._resume,
            "set": self._set,
            "get": self._get,
            "last-shot": self._last_shot,
            "restart-camera": self._restart_camera,
        }

    def __call__(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one request.

        Raises:
            RequestError: unknown name, wrong arguments, or not possible now.
        """
        handler = self._handlers.get(name)
        if handler is None:
            raise RequestError(
                f"there is no request {name!r}; there are {', '.join(REQUEST_NAMES)}"
            )
        return handler(arguments)

    def _shoot(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        _refuse_arguments("shoot", arguments)
        self._actions.shoot()
        return {"accepted": True}

    def _pause(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        _refuse_arguments("pause", arguments)
        self._actions.pause()
        return {"paused": True}

    def _resume(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        _refuse_arguments("resume", arguments)
        self._actions.resume()
        return {"paused": False}

    def _restart_camera(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        _refuse_arguments("restart-camera", arguments)
        self._actions.restart_camera()
        return {"accepted": True}

    def _last_shot(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        _refuse_arguments("last-shot", arguments)
        shot = self._actions.last_shot()
        return {"shot": shot_to_json(shot) if shot else None}

    def _get(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        keys = arguments.get("keys")
        if set(arguments) - {"keys"}:
            raise RequestError(
                "get takes nothing but keys, a list of names such as shutter.threshold"
            )
        values = live_values(self._settings)
        if keys is None:
            return {"settings": values}
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise RequestError("keys must be a list of names such as shutter.threshold")
        unknown = [key for key in keys if key not in values]
        if unknown:
            raise RequestError(f"no such setting: {', '.join(unknown)[:200]}")
        return {"settings": {key: values[key] for key in keys}}

    def _set(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        changes = dict(arguments)
        persist = changes.pop("persist", False)
        if not isinstance(persist, bool):
            raise RequestError("persist must be true or false")
        if not changes or len(changes) > MAX_CHANGES:
            raise RequestError('set needs settings, such as {"shutter.threshold": 0.7}')
        fixed = [key for key in changes if not is_live(key)]
        if fixed:
            raise RequestError(
                f"{', '.join(fixed)[:200]} cannot be set while running; these can: "
                f"{', '.join(LIVE_KEYS)}"
            )
        try:
            self._settings.change(changes, persist=persist)
        except ConfigurationError as error:
            raise RequestError("; ".join(f"{p.key}: {p.reason}" for p in error.problems)) from error
        except OSError as error:
            raise RequestError(f"changed, but it could not be saved: {error.strerror}") from error
        logger.info("Settings changed: %s", ", ".join(f"{k}={v}" for k, v in changes.items()))
        values = live_values(self._settings)
        return {"changed": {key: values[key] for key in changes}, "persisted": persist}


def live_values(settings: LiveSettings) -> dict[str, Any]:
    """The settings that can be changed while running, under their dotted keys."""
    dumped = settings.config.model_dump(mode="json")
    return {
        f"{section}.{key}": value
        for section, values in dumped.items()
        for key, value in values.items()
        if is_live(f"{section}.{key}")
    }


def _refuse_arguments(name: str, arguments: Mapping[str, Any]) -> None:
    if arguments:
        raise RequestError(f"{name} takes no arguments")
