"""What every camera gives: frames, each with the handle of its own full-resolution picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """What a camera says of itself, for `state`, the page and the photos' metadata."""

    family: str
    model: str
    still_width_px: int
    still_height_px: int
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Still(Protocol):
    """The full-resolution picture of one frame, kept until released.

    `read` may be slow (colour conversion, decoding) and belongs on the album's thread.  A still
    holds a scarce buffer: whoever took the frame releases it exactly once; `release` is idempotent
    and safe from any thread.
    """

    def read(self) -> Image:
        """Return the picture, uint8 (height, width, 3), BGR, upright.

        Raises:
            CameraError: the picture was released or cannot be read.
        """
        ...

    def release(self) -> None:
        """Give the buffer back."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame to analyse.

    `image` is uint8 (height, width, 3), BGR, upright, of the analysis size; it stays valid and
    unchanged for as long as the frame is referenced.  `time` is aware UTC; `time_s` is seconds of
    a clock that never jumps (monotonic for live cameras, the file's own time in a replay).
    """

    index: int
    image: Image
    time: datetime
    time_s: float
    still: Still


class Camera(Protocol):
    """One source of frames.  Everything but `Still.release` is called by one owning thread."""

    def open(self) -> CameraInfo:
        """Start the camera.

        Raises:
            CameraError: it is absent, busy or misconfigured; the sentence says what to do.
        """
        ...

    def read(self, timeout_s: float) -> Frame:
        """Return the newest frame that has not been returned yet, waiting for it if need be.

        Frames that came while nobody read are dropped, never queued (a replay as fast as possible
        drops none).  `dropped` counts them.

        Raises:
            CameraStalledError: no frame came within `timeout_s`.
            CameraEndedError: a replay came to its end.
            CameraError: the camera failed.
        """
        ...

    @property
    def dropped(self) -> int:
        """Frames dropped since `open` because the reader was busy."""
        ...

    def close(self) -> None:
        """Stop the camera and free everything; idempotent, also after an error."""
        ...


class CameraError(Exception):
    """A camera cannot be used; the message says which, why and what to do."""


class CameraStalledError(CameraError):
    """No frame came in time: cameras wedge without an exception."""


class CameraEndedError(CameraError):
    """A replay has shown its last frame."""
