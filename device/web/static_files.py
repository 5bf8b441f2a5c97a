"""The front end's files, read once at the start: what is not in the table does not exist."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

CONTENT_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent."""

    content: bytes
    content_type: str
    etag: str


def load_static_files() -> dict[str, StaticFile]:
    """All files by name."""
    loaded = {}
    for item in (resources.files("device.web") / "static").iterdir():
        suffix = "." + item.name.rpartition(".")[2]
        if suffix in CONTENT_TYPES and item.is_file():
            content = item.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
            loaded[item.name] = StaticFile(content, CONTENT_TYPES[suffix], etag)
    return loaded
