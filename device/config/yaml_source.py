"""Reading YAML with the line of every key, so that an error can name it."""

from dataclasses import dataclass
from typing import Any

import yaml

from device.config.problems import ConfigurationError, Problem

KeyPath = tuple[str | int, ...]

# A configuration is a few kilobytes; a file beyond this is not one (and may be an alias bomb).
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class YamlSource:
    """A parsed file: its values and the line (from 1) on which each key stands."""

    name: str
    values: dict[str, Any]
    lines: dict[KeyPath, int]

    def place(self, path: KeyPath) -> str:
        """`file:line` of a key, or of the nearest key above it that the file has."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return f"{self.name}:{self.lines[path[:length]]}"
        return self.name


class _Reader:
    """Turns composed YAML nodes into plain values, noting lines and refusing duplicate keys."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self._constructor = yaml.SafeLoader("")

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
        return self._constructor.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            here = (*path, key)
            if key in values:
                self.problems.append(
                    Problem(
                        f"{self.name}:{line}",
                        ".".join(map(str, here)),
                        f"the key stands twice (first on line {self.lines[here]}); keep one",
                    )
                )
                continue
            self.lines[here] = line
            values[key] = self.value(value_node, here)
        return values


def parse_yaml(text: str, name: str) -> YamlSource:
    """Parse the text of a configuration file.

    Raises:
        ConfigurationError: it is not YAML, not a mapping, has a key twice, or is far too large.
    """
    if len(text) > MAX_BYTES:
        raise ConfigurationError(
            (Problem(name, "", f"{len(text)} characters is too large for a configuration"),)
        )
    reader = _Reader(name)
    try:
        # compose() rejects what could run code; aliases are refused below by not following them.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, yaml.SafeLoader)):
            raise ConfigurationError(
                (Problem(name, "", "aliases (*name) are not used here; write the value out"),)
            )
        node = yaml.compose(text, yaml.SafeLoader)
        values = {} if node is None else reader.value(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigurationError((Problem(place, "", f"not YAML: {error.problem}"),)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError((Problem(name, "", f"not YAML: {error}"),)) from error
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise ConfigurationError(
            (
                Problem(
                    name, "", f"found {type(values).__name__}, expected sections such as camera:"
                ),
            )
        )
    if reader.problems:
        raise ConfigurationError(tuple(reader.problems))
    return YamlSource(name, values, reader.lines)
