"""Whether one eye is open, closed or hidden: a small network over a patch around it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.vision.eye_location import EyePair, Point, cut_rotated, standardise
from device.vision.tflite import TfliteModel

# The order of the network's outputs.
EYE_LABELS: Final = ("closed", "open", "hidden")
# The side of the square patch, in distances between the eyes: the eye, its lids, no brow.
PATCH_SIDE: Final = 0.7


@dataclass(frozen=True, slots=True)
class EyeEvidence:
    """What one eye's patch says.

    Attributes:
        log_odds: of open against closed, given that the eye can be seen; calibrated.
        hidden: the probability that the patch shows no eye that could be judged, 0 to 1.
        contrast: standard deviation of the patch's 8-bit grey values.
    """

    log_odds: float
    hidden: float
    contrast: float


def eye_patch(
    gray: NDArray[np.uint8], centre: Point, pair: EyePair, size_px: int
) -> NDArray[np.uint8]:
    """Cut the patch around the eye at `centre`, upright by the pair's tilt, (size_px, size_px)."""
    return cut_rotated(gray, centre, PATCH_SIDE * pair.distance_px, pair.roll_rad, size_px)


class EyeStateClassifier:
    """Judges single eyes.  Not safe for two threads at once.

    The network takes a standardised grey patch (1, s, s, 1) of either eye and gives logits in the
    order of `EYE_LABELS`, already divided by the calibrating temperature.
    """

    def __init__(self, model: TfliteModel) -> None:
        self._model = model

    def classify(self, gray: NDArray[np.uint8], pair: EyePair) -> tuple[EyeEvidence, EyeEvidence]:
        """Judge both eyes of a face, the left of the picture first; `gray` is the whole frame."""
        size_px = self._model.input_size[0]
        left = eye_patch(gray, pair.left, pair, size_px)
        right = eye_patch(gray, pair.right, pair, size_px)
        batch = np.stack([standardise(left), standardise(right)])[..., np.newaxis]
        logits = self._model.run(self._model.input.quantize(batch))
        return _evidence(logits[0], left), _evidence(logits[1], right)


def _evidence(logits: NDArray[np.float32], patch: NDArray[np.uint8]) -> EyeEvidence:
    closed, opened, hidden = (float(value) for value in logits)
    visible = float(np.logaddexp(closed, opened))
    return EyeEvidence(
        log_odds=opened - closed,
        hidden=float(1 / (1 + np.exp(np.clip(visible - hidden, -60, 60)))),
        contrast=float(patch.std()),
    )
