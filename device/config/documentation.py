"""`config.yaml` written from the schema, so that documentation and validation cannot differ."""

import textwrap
import types
from collections.abc import Iterator
from typing import Any, Final, Literal, Union, get_args, get_origin

import yaml
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from device.config.appliance import ApplianceConfig

WIDTH: Final = 96
HEADER: Final = """\
# The configuration of the Printability camera.
# Every key is optional; what stands here is the default. Unknown keys are refused.
# Check a changed file with:  printability check --config config.yaml
# Passwords never stand here: write file:/path, env:NAME or credential:NAME (systemd).
"""


def default_config_text() -> str:
    """The whole commented default configuration."""
    lines = [HEADER.rstrip()]
    for name, field in ApplianceConfig.model_fields.items():
        lines.append("")
        lines += _comment(_model(field).__doc__ or "", "")
        lines.append(f"{name}:")
        lines += _section(_model(field), "  ")
    return "\n".join(lines) + "\n"


def _section(model: type[BaseModel], indent: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if _is_model(field):
            yield from _comment(field.description or "", indent)
            yield f"{indent}{name}:"
            yield from _section(_model(field), indent + "  ")
            continue
        allowed = _allowed(field)
        yield from _comment(
            f"{field.description}{f' Allowed: {allowed}.' if allowed else ''}", indent
        )
        # What depends on the machine, or is unset, stands as a comment.
        if field.default_factory is not None or field.default is None:
            yield f"{indent}# {name}:"
        else:
            yield f"{indent}{name}: {_yaml(field.default)}"


def _comment(text: str, indent: str) -> list[str]:
    prefix = f"{indent}# "
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=prefix,
        subsequent_indent=prefix,
        break_on_hyphens=False,
    )


def _yaml(value: Any) -> str:
    dumped = yaml.safe_dump(value, default_flow_style=True).strip()
    return dumped.removesuffix("...").strip()


def _is_model(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _model(field: FieldInfo) -> type[BaseModel]:
    annotation = field.annotation
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        raise TypeError(f"{annotation} is not a section")
    return annotation


def _allowed(field: FieldInfo) -> str:
    """The values allowed, from the field's type and bounds."""
    choices = _choices(field.annotation)
    if choices:
        return ", ".join(map(str, choices))
    low = next((f"from {m.ge}" for m in field.metadata if isinstance(m, Ge)), "")
    low = low or next((f"above {m.gt}" for m in field.metadata if isinstance(m, Gt)), "")
    high = next((f"to {m.le}" for m in field.metadata if isinstance(m, Le)), "")
    high = high or next((f"below {m.lt}" for m in field.metadata if isinstance(m, Lt)), "")
    return " ".join(part for part in (low, high) if part)


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(choice for part in get_args(annotation) for choice in _choices(part))
    return ()
