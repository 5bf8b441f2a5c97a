"""How pictures of a camera that hangs sideways, upside down or behind glass become upright."""

from dataclasses import dataclass
from typing import Final, Literal, cast

import cv2

from device.camera.frame import Image
from device.config.camera import CameraSettings

Rotation = Literal[0, 90, 180, 270]
Flip = Literal["none", "horizontal", "vertical"]

_ROTATE_CODES: Final = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_FLIP_CODES: Final = {"horizontal": 1, "vertical": 0}


@dataclass(frozen=True, slots=True)
class Orientation:
    """A rotation, clockwise in degrees, followed by a mirroring."""

    rotation: Rotation = 0
    flip: Flip = "none"

    @classmethod
    def of(cls, settings: CameraSettings) -> "Orientation":
        """The orientation that `settings` ask for."""
        return cls(settings.rotation, settings.flip)

    @property
    def swaps_sides(self) -> bool:
        """Whether width becomes height."""
        return self.rotation in (90, 270)

    def apply(self, image: Image) -> Image:
        """Turn and mirror `image`; returns the same array where there is nothing to do.

        Args:
            image: uint8 (height, width, 3).
        """
        if self.rotation:
            image = cast(Image, cv2.rotate(image, _ROTATE_CODES[self.rotation]))
        if self.flip != "none":
            image = cast(Image, cv2.flip(image, _FLIP_CODES[self.flip]))
        return image

    def size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """(width, height) of an upright picture whose sensor gives `width_px` by `height_px`."""
        return (height_px, width_px) if self.swaps_sides else (width_px, height_px)
