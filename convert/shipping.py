"""Puts a finished model where the appliance finds it: the file, its manifest entry, its card."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from convert.errors import ConfigurationError
from device.vision.manifest import Manifest, ManifestError, ModelEntry, sha256_of


def ship_model(folder: Path, name: str, file: str, content: bytes, facts: dict[str, Any]) -> Path:
    """Write a model file and enter it into `manifest.json`, replacing the entry of that name.

    Args:
        folder: the models folder; its manifest is made where there is none.
        name: name in the manifest.
        file: file name in the folder.
        content: the model.
        facts: what else the entry says: source, licence, task, input, labels, measured, card.

    Returns:
        The file written.

    Raises:
        ConfigurationError: the manifest there is damaged, or the facts make no valid entry.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest_file = folder / "manifest.json"
    models: dict[str, Any] = {}
    if manifest_file.exists():
        try:
            Manifest.load(manifest_file)
        except ManifestError as error:
            raise ConfigurationError(str(error)) from error
        models = json.loads(manifest_file.read_text(encoding="utf-8"))["models"]
    target = folder / file
    write_whole(target, content)
    entry = {"file": file, "sha256": sha256_of(target), "bytes": len(content), **facts}
    try:
        ModelEntry.model_validate(entry)
    except ValueError as error:
        raise ConfigurationError(f"the manifest entry of {name} is not valid: {error}") from error
    models[name] = entry
    text = json.dumps({"models": models}, indent=2, ensure_ascii=False) + "\n"
    write_whole(manifest_file, text.encode())
    return target


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
