"""Where the appliance keeps what must survive a restart."""

import os
from pathlib import Path

from pydantic import Field

from device.config.section import Section


def default_state_folder() -> Path:
    """The folder systemd gives ($STATE_DIRECTORY), else the user's own (XDG)."""
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if given:
        return Path(given)
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "printability"


class StorageSettings(Section):
    """Folders."""

    folder: Path = Field(
        default_factory=default_state_folder,
        description="Album, outbox and overrides live here; default: systemd's StateDirectory, "
        "else ~/.local/state/printability.",
    )
    models: Path | None = Field(
        default=None, description="The models folder; default: the one shipped."
    )
