"""`models/manifest.json`: which files the appliance loads, where they come from, what they are.

The manifest is one JSON object, `{"models": {"<name>": {...}}}`. An entry always has `file`,
`sha256`, `bytes`, `source`, `licence` and `task`; a network also has `input`, `labels` (the
order of its outputs), `measured` and `card`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_CHUNK_BYTES = 1 << 20


class ManifestError(Exception):
    """Raised when the manifest is unusable or a model is not the file it promises."""


class ModelInput(BaseModel):
    """What a network wants to be fed."""

    model_config = ConfigDict(extra="allow", frozen=True)

    width: int = Field(ge=1, description="Width of the input in pixels.")
    height: int = Field(ge=1, description="Height of the input in pixels.")
    channels: int = Field(ge=1, description="Values per pixel.")
    colour: str = Field(description="gray (repeated where there are 3 channels), BGR or RGB.")
    range: str = Field(description="What the values mean, such as 0..255.")


class ModelEntry(BaseModel):
    """One model of the manifest."""

    # Other facts about a model may be noted beside these.
    model_config = ConfigDict(extra="allow", frozen=True)

    file: str = Field(pattern=r"^[^/\\]+$", description="File name, beside the manifest.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file.")
    bytes: int = Field(ge=1, description="Size of the file.")
    source: str = Field(description="Where the file comes from.")
    licence: str = Field(description="Terms the file is under.")
    task: str = Field(description="What the model is for, such as face_detection or smile.")
    input: ModelInput | None = Field(default=None, description="What a network is fed.")
    labels: tuple[str, ...] = Field(default=(), description="What each output stands for.")
    measured: dict[str, Any] = Field(default_factory=dict, description="Accuracy, as measured.")
    card: str | None = Field(default=None, description="File name of the model card.")


class _ManifestFile(BaseModel):
    models: dict[str, ModelEntry]


class Manifest:
    """The models a directory offers."""

    def __init__(self, path: Path, models: dict[str, ModelEntry]) -> None:
        """Made by `load`; `path` is the manifest file itself."""
        self.path = path
        self.models = models

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a manifest, or the `manifest.json` of a directory.

        Raises:
            ManifestError: the file is missing, no JSON, or an entry lacks what it must have.
        """
        file = path / "manifest.json" if path.is_dir() else path
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ManifestError(f"the model manifest {file} cannot be read: {error}") from error
        try:
            return cls(file, dict(_ManifestFile.model_validate_json(text).models))
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}"
                for problem in error.errors()
            )
            raise ManifestError(f"the model manifest {file} is not valid: {problems}") from error

    def entry(self, name: str) -> ModelEntry:
        """The entry of that name.

        Raises:
            ManifestError: there is none; the names there are listed.
        """
        try:
            return self.models[name]
        except KeyError:
            known = ", ".join(sorted(self.models)) or "none at all"
            raise ManifestError(
                f"there is no model {name!r} in {self.path}; it has: {known}"
            ) from None

    def file(self, name: str) -> Path:
        """Where the file of that entry lies, checked or not."""
        return self.path.parent / self.entry(name).file

    def verified_file(self, name: str) -> Path:
        """Where the file of that entry lies, after checking its size and SHA-256.

        Raises:
            ManifestError: the file is missing or is not the one the manifest describes.
        """
        entry, file = self.entry(name), self.file(name)
        try:
            size_bytes = file.stat().st_size
            found = sha256_of(file) if size_bytes == entry.bytes else ""
        except OSError as error:
            raise ManifestError(f"model {name!r}: {file} cannot be read: {error}") from error
        if size_bytes != entry.bytes:
            raise ManifestError(
                f"model {name!r}: {file} has {size_bytes:,} bytes, the manifest says "
                f"{entry.bytes:,}; it is incomplete or another file: install it again"
            )
        if found != entry.sha256:
            raise ManifestError(
                f"model {name!r}: {file} has SHA-256 {found[:16]}…, the manifest says "
                f"{entry.sha256[:16]}…; it is damaged or another file: install it again"
            )
        return file


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal, read a megabyte at a time."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
