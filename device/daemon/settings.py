"""The settings in force: the file, what requests changed since, and what of it was kept."""

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from device.config.appliance import ApplianceConfig
from device.config.loading import change_config, load_config
from device.config.problems import ConfigurationError

logger = logging.getLogger(__name__)

# Sections and keys that take effect while running; the others need a restart.
LIVE_KEYS: Final = (
    "shutter.*",
    "album.keep_photos",
    "album.keep_megabytes",
    "album.keep_days",
    "album.min_free_megabytes",
    "mqtt.score_interval_s",
    "mqtt.score_min_change",
    "health.slow_down_celsius",
    "health.recover_celsius",
    "log.level",
)
SAVED_NAME: Final = "saved_settings.json"


def is_live(key: str) -> bool:
    """Say whether a dotted key can be changed while running."""
    return any(
        key == live or (live.endswith(".*") and key.startswith(live[:-1])) for live in LIVE_KEYS
    )


def load_saved(folder: Path) -> dict[str, Any]:
    """The settings kept by `set` requests with `persist`; empty where there are none."""
    path = folder / SAVED_NAME
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        logger.warning("Saved settings in %s cannot be read and are ignored: %s", path, error)
        return {}
    if not isinstance(saved, dict):
        logger.warning("Saved settings in %s are not an object and are ignored", path)
        return {}
    return {key: value for key, value in saved.items() if is_live(key)}


def load_with_saved(
    path: Path | None, overrides: Sequence[str] = ()
) -> tuple[ApplianceConfig, dict[str, Any]]:
    """Load the file, then what was saved for it; saved settings that no longer fit are ignored.

    Raises:
        ConfigurationError: the file or the overrides are wrong.
    """
    config = load_config(path, overrides)
    saved = load_saved(config.storage.folder)
    if not saved:
        return config, {}
    try:
        return load_config(path, overrides, saved=saved), saved
    except ConfigurationError as error:
        logger.warning("Saved settings no longer fit and are ignored: %s", error)
        return config, {}


class LiveSettings:
    """The configuration in force, changed by requests and by SIGHUP; safe from any thread."""

    def __init__(
        self,
        config: ApplianceConfig,
        path: Path | None = None,
        overrides: Sequence[str] = (),
        saved: Mapping[str, Any] | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._config = config
        self._path = path
        self._overrides = tuple(overrides)
        self._saved = dict(saved or {})
        self._listeners: list[Callable[[ApplianceConfig], None]] = []

    @property
    def config(self) -> ApplianceConfig:
        """The configuration in force."""
        with self._lock:
            return self._config

    def listen(self, listener: Callable[[ApplianceConfig], None]) -> None:
        """Have `listener` called with every new configuration."""
        self._listeners.append(listener)

    def change(self, changes: Mapping[str, Any], *, persist: bool) -> ApplianceConfig:
        """Change live keys.

        Raises:
            ConfigurationError: a value is not allowed; nothing has changed then.
        """
        with self._lock:
            self._config = config = change_config(self._config, changes)
            if persist:
                self._saved.update(changes)
                self._save(config.storage.folder)
        self._tell(config)
        return config

    def reload(self) -> tuple[str, ...]:
        """Read the file again; return the changed keys that need a restart.

        Raises:
            ConfigurationError: the new file is wrong; the old settings stay in force.
        """
        with self._lock:
            fresh, saved = load_with_saved(self._path, self._overrides)
            old, new = _flat(self._config), _flat(fresh)
            changed = [key for key in new if new[key] != old.get(key)]
            live = {key: new[key] for key in changed if is_live(key)}
            self._config = config = change_config(self._config, live) if live else self._config
            self._saved = saved
        self._tell(config)
        return tuple(key for key in changed if not is_live(key))

    def _tell(self, config: ApplianceConfig) -> None:
        for listener in self._listeners:
            listener(config)

    def _save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{SAVED_NAME}.new"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(self._saved, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / SAVED_NAME)


def _flat(config: ApplianceConfig) -> dict[str, Any]:
    """Every value under its dotted key."""
    flat: dict[str, Any] = {}

    def walk(prefix: str, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            if isinstance(value, dict):
                walk(f"{prefix}{key}.", value)
            else:
                flat[f"{prefix}{key}"] = value

    walk("", config.model_dump())
    return flat
