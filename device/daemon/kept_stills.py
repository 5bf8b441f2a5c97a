"""The full-resolution pictures held for the frames that may still win."""

from collections.abc import Set as AbstractSet

from device.camera.frame import Frame, Still


class KeptStills:
    """Stills by frame index.  Owned by the frame loop's thread.

    A still holds a scarce buffer, so every one that the shutter no longer wants is released at
    once; what is taken out belongs to the taker.
    """

    def __init__(self) -> None:
        self._stills: dict[int, Still] = {}

    def add(self, frame: Frame) -> None:
        """Hold the still of a frame."""
        self._stills[frame.index] = frame.still

    def take(self, index: int) -> Still | None:
        """Hand over the still of a frame; None if it is not held."""
        return self._stills.pop(index, None)

    def keep_only(self, wanted: AbstractSet[int]) -> None:
        """Release every still but those of the `wanted` frames."""
        for index in [index for index in self._stills if index not in wanted]:
            self._stills.pop(index).release()

    def release_all(self) -> None:
        """Release everything, as when the camera is reopened or the loop ends."""
        self.keep_only(frozenset())

    def __len__(self) -> int:
        return len(self._stills)
