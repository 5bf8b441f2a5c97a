"""The eye networks' entries in models/manifest.json."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from convert.eyes.locator_samples import LOCATOR_SIZE_PX
from convert.eyes.networks import STATE_SIZE_PX
from device.vision.eye_state import EYE_LABELS

LOCATOR: Final = "eyes_locator"
STATE: Final = "eyes_state"
_RANGE: Final = "(gray - mean) / standard deviation of the crop, cut off at -3 and 3"


def file_name(name: str) -> str:
    """The file of a network by its name in the manifest."""
    return f"{name}_int8.tflite"


def write_entries(models: Path, temperature: float) -> dict[str, Any]:
    """Note both files of `models` in its manifest.json, keeping what else and what was measured.

    Returns the two entries.
    """
    manifest_file = models / "manifest.json"
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    made = {
        LOCATOR: _entry(
            models,
            LOCATOR,
            "eye_location",
            LOCATOR_SIZE_PX,
            ("left x", "left y", "right x", "right y"),
        ),
        STATE: _entry(models, STATE, "eye_state", STATE_SIZE_PX, EYE_LABELS),
    }
    made[STATE]["temperature"] = round(temperature, 4)
    for name, entry in made.items():
        entry["measured"] = manifest["models"].get(name, {}).get("measured", {})
        manifest["models"][name] = entry
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    manifest_file.write_text(text, encoding="utf-8")
    return made


def _entry(
    models: Path, name: str, task: str, size_px: int, labels: tuple[str, ...]
) -> dict[str, Any]:
    content = (models / file_name(name)).read_bytes()
    return {
        "file": file_name(name),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "source": "trained from scratch by `printability-convert train --task eyes`",
        "licence": "MIT",
        "task": task,
        "input": {
            "width": size_px,
            "height": size_px,
            "channels": 1,
            "colour": "gray",
            "range": _RANGE,
        },
        "labels": list(labels),
        "measured": {},
        "card": f"{name}.md",
    }
