"""Figures from states: pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass

from device.vision.rating import EyeState


@dataclass(frozen=True, slots=True)
class ClipFigures:
    """How well the states of a clip's frames match its labels.

    Attributes:
        closed_recall: of the frames labelled closed, the share read as closed.
        open_recall: of the frames labelled open, the share read as open.
        unknown_share: of all frames, the share that was not judged.
        frames: how many were labelled.
    """

    closed_recall: float
    open_recall: float
    unknown_share: float
    frames: int

    @property
    def balanced_accuracy(self) -> float:
        """The mean of both recalls."""
        return (self.closed_recall + self.open_recall) / 2


def compare_states(
    labels: Sequence[EyeState], readings: Sequence[EyeState], tolerance_frames: int
) -> ClipFigures:
    """Compare frame by frame, forgiving shifts of up to `tolerance_frames`.

    A frame labelled closed is right where a frame that near was read as closed.  A frame labelled
    open is right where it was itself read as open, or was read as closed that near to a label
    that says so.  Reading everything as open thus earns nothing on closed frames, and unknown is
    never right.
    """
    right: dict[EyeState, int] = {"open": 0, "closed": 0}
    total: dict[EyeState, int] = {"open": 0, "closed": 0}
    for index, label in enumerate(labels):
        if label == "unknown":
            continue
        near = slice(max(0, index - tolerance_frames), index + tolerance_frames + 1)
        total[label] += 1
        if label == "closed":
            right[label] += "closed" in readings[near]
        else:
            blinking = readings[index] == "closed" and "closed" in labels[near]
            right[label] += readings[index] == "open" or blinking
    return ClipFigures(
        closed_recall=right["closed"] / max(1, total["closed"]),
        open_recall=right["open"] / max(1, total["open"]),
        unknown_share=sum(state == "unknown" for state in readings) / max(1, len(readings)),
        frames=total["open"] + total["closed"],
    )


def balanced_accuracy(is_open: Sequence[bool], read_open: Sequence[bool]) -> float:
    """The mean of the shares of open and of closed eyes that were read as such."""
    opened = [read for truth, read in zip(is_open, read_open, strict=True) if truth]
    closed = [not read for truth, read in zip(is_open, read_open, strict=True) if not truth]
    return (sum(opened) / max(1, len(opened)) + sum(closed) / max(1, len(closed))) / 2
