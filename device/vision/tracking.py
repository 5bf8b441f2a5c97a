"""Which face of this frame is which face of the last: greedy matching of boxes by overlap.

Pure: time comes in with the boxes.  The method is the matching step of the IoU tracker (Bochinski
et al., "High-Speed Tracking-by-Detection Without Using Image Information", AVSS 2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from device.vision.geometry import Box

MIN_IOU: Final = 0.3
FORGET_AFTER_S: Final = 1.0
MAX_TRACKS: Final = 64


@dataclass(frozen=True, slots=True)
class _Track:
    box: Box
    seen_s: float


class FaceTracker:
    """Gives boxes stable numbers from frame to frame.

    A face keeps its number while its box overlaps its last one by `MIN_IOU` and it is not out of
    sight for longer than `FORGET_AFTER_S`; at most `MAX_TRACKS` are remembered, the oldest go.
    """

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}
        self._next_id = 0

    @property
    def known_ids(self) -> frozenset[int]:
        """The numbers still remembered."""
        return frozenset(self._tracks)

    def update(self, time_s: float, boxes: Sequence[Box]) -> tuple[int, ...]:
        """Number the boxes of the frame taken at `time_s`; one number per box, in their order."""
        self._forget(time_s)
        ids = self._match(boxes)
        for index in range(len(boxes)):
            if index not in ids:
                ids[index] = self._next_id
                self._next_id += 1
        for index, box in enumerate(boxes):
            self._tracks[ids[index]] = _Track(box, time_s)
        self._drop_oldest()
        return tuple(ids[index] for index in range(len(boxes)))

    def _match(self, boxes: Sequence[Box]) -> dict[int, int]:
        """Box index → track number, the best overlaps first."""
        overlaps = sorted(
            (
                (track.box.iou(box), -number, index)
                for number, track in self._tracks.items()
                for index, box in enumerate(boxes)
            ),
            reverse=True,
        )
        ids: dict[int, int] = {}
        taken: set[int] = set()
        for overlap, negative_number, index in overlaps:
            number = -negative_number
            if overlap < MIN_IOU:
                break
            if index not in ids and number not in taken:
                ids[index] = number
                taken.add(number)
        return ids

    def _forget(self, time_s: float) -> None:
        # A clock that went back (a replay that starts over) means a new scene.
        self._tracks = {
            number: track
            for number, track in self._tracks.items()
            if 0 <= time_s - track.seen_s <= FORGET_AFTER_S
        }

    def _drop_oldest(self) -> None:
        surplus = len(self._tracks) - MAX_TRACKS
        if surplus > 0:
            oldest = sorted(self._tracks, key=lambda number: (self._tracks[number].seen_s, number))
            for number in oldest[:surplus]:
                del self._tracks[number]
