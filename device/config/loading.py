"""From `config.yaml` and `--set` to a checked configuration, or to every mistake in it."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from device.config.appliance import ApplianceConfig
from device.config.problems import ConfigurationError, Problem
from device.config.yaml_source import KeyPath, YamlSource, parse_yaml

SECRET_WORDS = ("password", "token", "secret")


def load_config(
    path: Path | None,
    overrides: Sequence[str] = (),
    *,
    saved: Mapping[str, Any] | None = None,
) -> ApplianceConfig:
    """Load the configuration.

    Args:
        path: the YAML file; None: all defaults.
        overrides: `section.key=value` texts of the command line, stronger than the file.
        saved: dotted keys kept by a `set` request with `persist`; stronger than the file, weaker
            than `overrides`.

    Raises:
        ConfigurationError: with every mistake found, each naming its place, key, value and what is
            allowed.
    """
    source = _read(path) if path is not None else YamlSource("defaults", {}, {})
    values = source.values
    origins: dict[KeyPath, str] = {}
    for key, value in (saved or {}).items():
        _put(values, key, value, origins, "saved settings")
    problems = [
        problem
        for text in overrides
        if (problem := _apply_override(values, text, origins)) is not None
    ]
    try:
        config = ApplianceConfig.model_validate(_without_empty_sections(values))
    except ValidationError as error:
        problems += [_explain(details, source, origins) for details in error.errors()]
    if problems:
        raise ConfigurationError(tuple(problems))
    return config


def change_config(config: ApplianceConfig, changes: Mapping[str, Any]) -> ApplianceConfig:
    """Return `config` with dotted keys changed, checked as a file would be.

    Raises:
        ConfigurationError: a key is unknown or a value not allowed.
    """
    values = config.model_dump()
    origins: dict[KeyPath, str] = {}
    for key, value in changes.items():
        _put(values, key, value, origins, "set")
    try:
        return ApplianceConfig.model_validate(values)
    except ValidationError as error:
        source = YamlSource("set", {}, {})
        raise ConfigurationError(
            tuple(_explain(details, source, origins) for details in error.errors())
        ) from error


def _read(path: Path) -> YamlSource:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(
            (Problem(str(path), "", "there is no such file; give another with --config"),)
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError((Problem(str(path), "", "it is not UTF-8 text"),)) from error
    except OSError as error:
        raise ConfigurationError(
            (Problem(str(path), "", f"it cannot be read: {error.strerror}"),)
        ) from error
    return parse_yaml(text, str(path))


def _without_empty_sections(values: Mapping[str, Any]) -> dict[str, Any]:
    """A section whose every key is commented out is null in YAML and means its defaults."""
    return {key: {} if value is None else value for key, value in values.items()}


def _apply_override(
    values: dict[str, Any], text: str, origins: dict[KeyPath, str]
) -> Problem | None:
    key, equals, value_text = text.partition("=")
    key = key.strip()
    if not equals or not key:
        return Problem(f"--set {text}", "", "write it as section.key=value")
    try:
        value = yaml.safe_load(value_text)
    except yaml.YAMLError:
        value = value_text
    _put(values, key, value, origins, f"--set {key}")
    return None


def _put(
    values: dict[str, Any], dotted: str, value: Any, origins: dict[KeyPath, str], origin: str
) -> None:
    path = tuple(dotted.split("."))
    section = values
    for part in path[:-1]:
        child = section.get(part)
        if not isinstance(child, dict):
            child = section[part] = {}
        section = child
    section[path[-1]] = value
    origins[path] = origin


def _explain(details: ErrorDetails, source: YamlSource, origins: Mapping[KeyPath, str]) -> Problem:
    path: KeyPath = tuple(details["loc"])
    place = next(
        (origins[path[:n]] for n in range(len(path), 0, -1) if path[:n] in origins),
        source.place(path),
    )
    key = ".".join(map(str, path))
    if details["type"] == "extra_forbidden":
        return Problem(place, key, _unknown_key(path))
    reason = details["msg"].removeprefix("Value error, ")
    reason = reason[:1].lower() + reason[1:]
    if _may_be_secret(path) or (
        details["type"] == "value_error" and isinstance(details["input"], dict)
    ):
        return Problem(place, key, reason)
    return Problem(place, key, f"found {details['input']!r}; {reason}{_allowed(path)}")


def _may_be_secret(path: Iterable[str | int]) -> bool:
    return any(word in str(part).lower() for part in path for word in SECRET_WORDS)


def _section_model(path: KeyPath) -> type[BaseModel] | None:
    """The settings model that holds the keys at `path`, if the path leads to one."""
    model: type[BaseModel] = ApplianceConfig
    for part in path:
        field = model.model_fields.get(str(part))
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return None
        model = annotation
    return model


def _unknown_key(path: KeyPath) -> str:
    model = _section_model(path[:-1])
    if model is None:
        return "unknown key"
    known = list(model.model_fields)
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"unknown key; {hint}allowed here: {', '.join(known)}"


def _allowed(path: KeyPath) -> str:
    """What the key is for, from the schema itself."""
    model = _section_model(path[:-1])
    field = model.model_fields.get(str(path[-1])) if model else None
    return f" ({field.description})" if field and field.description else ""
