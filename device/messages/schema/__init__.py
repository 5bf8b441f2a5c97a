"""The JSON Schemas (draft 2020-12) of everything the appliance publishes and accepts as JSON."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

NAMES: Final = ("availability", "rating", "shot", "state", "request", "response")


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    """One schema by its name.

    Raises:
        KeyError: there is no such schema.
    """
    if name not in NAMES:
        raise KeyError(f"there is no schema {name!r}; there are {', '.join(NAMES)}")
    schema: dict[str, Any] = json.loads(_text(name))
    return schema


def bundle() -> dict[str, Any]:
    """All schemas as one document, as published on the `schema` topic.

    `topics` tells which topic (below `<base_topic>/<device_id>/`) carries which payload.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:printability:messages",
        "title": "Messages of a printability camera",
        "topics": {
            "availability": "urn:printability:availability",
            "score": "urn:printability:rating",
            "shot": "urn:printability:shot",
            "state": "urn:printability:state",
            "request/+": "urn:printability:request",
            "response/+": "urn:printability:response",
        },
        "$defs": {name: load(name) for name in NAMES},
    }
