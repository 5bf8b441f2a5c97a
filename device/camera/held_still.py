"""A full-resolution picture that is kept in memory, or in its file, until released."""

from collections.abc import Callable

from device.camera.frame import CameraError, Image
from device.camera.orientation import Orientation


class HeldStill:
    """A `Still` of software sources.

    Args:
        load: gives the picture, uint8 (height, width, 3) BGR, unturned.  It owns whatever the
            picture is held in (an array, JPEG bytes, a path); releasing drops it.
        orientation: how the picture becomes upright.
    """

    __slots__ = ("_load", "_orientation")

    def __init__(self, load: Callable[[], Image], orientation: Orientation | None = None) -> None:
        self._load: Callable[[], Image] | None = load
        self._orientation = orientation or Orientation()

    def read(self) -> Image:
        """Return the picture, uint8 (height, width, 3), BGR, upright.

        Raises:
            CameraError: the picture was released or can no longer be loaded.
        """
        # One look: release may come from another thread between a test and a use.
        load = self._load
        if load is None:
            raise CameraError("the full-resolution picture was released before it was read")
        return self._orientation.apply(load())

    def release(self) -> None:
        """Drop the picture; idempotent, from any thread."""
        self._load = None
