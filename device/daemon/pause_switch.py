"""Whether shooting is paused; it stays so over a restart: somebody asked for it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

MARK_NAME: Final = "paused"


class PauseSwitch:
    """Pauses and resumes shooting, with a mark on disk that outlives the process."""

    def __init__(self, folder: Path, on_change: Callable[[bool], None]) -> None:
        self._mark = folder / MARK_NAME
        self._on_change = on_change

    def restore(self) -> None:
        """Go on as the last run ended."""
        if self._mark.exists():
            logger.info("Shooting is paused, as it was before the restart")
            self._on_change(True)

    def set(self, *, paused: bool) -> None:
        """Pause or resume."""
        try:
            if paused:
                self._mark.touch()
            else:
                self._mark.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("The pause will not outlive a restart: %s", error)
        logger.info("Shooting %s", "paused" if paused else "resumed")
        self._on_change(paused)
