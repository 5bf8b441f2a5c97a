"""Eyes by two small networks: `eyes.method: network`."""

from math import exp, log
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from device.config.eyes import EyesSettings
from device.vision.eye_location import EyeLocator, EyePair
from device.vision.eye_state import EyeEvidence, EyeStateClassifier
from device.vision.geometry import Box
from device.vision.manifest import Manifest
from device.vision.rating import MAX_EYES, EyeReading
from device.vision.tflite import TfliteModel

# Eyes nearer to each other than this share of the box's width: the face is seen from the side.
PROFILE_DISTANCE: Final = 0.22
# How far apart, in log odds about the threshold, two eyes must be to be believed a wink.
WINK_LOG_ODDS: Final = 2.0
MAX_LOG_ODDS: Final = 30.0


class NetworkEyeReader:
    """Finds both eyes, judges each, and says what they come to.

    Not safe for two threads at once.
    """

    def __init__(
        self, locator: EyeLocator, classifier: EyeStateClassifier, settings: EyesSettings
    ) -> None:
        self._locator = locator
        self._classifier = classifier
        self._settings = settings

    @classmethod
    def load(cls, settings: EyesSettings, models_dir: Path, threads: int) -> Self:
        """Load both networks, checked against the manifest in `models_dir`.

        `threads` is accepted as for every model and not used: handing a fraction of a
        millisecond's work to other threads takes longer than doing it.

        Raises:
            ManifestError: the manifest lacks a model or its file is not the one it promises.
            ModelError: a network cannot be loaded.
        """
        del threads
        manifest = Manifest.load(models_dir)
        locator = TfliteModel(manifest.verified_file(settings.locator_model))
        state = TfliteModel(manifest.verified_file(settings.state_model))
        return cls(EyeLocator(locator), EyeStateClassifier(state), settings)

    def read(self, gray: NDArray[np.uint8], box: Box) -> EyeReading:
        """Judge the eyes of the face in `box`; `gray` is the whole frame, (height, width) uint8."""
        if box.area <= 0:
            return EyeReading("unknown", 0)
        pair = self._locator.locate(gray, box)
        if not self._is_judgeable(pair, box.width * gray.shape[1]):
            return EyeReading("unknown", 0)
        return decide(self._classifier.classify(gray, pair), self._settings)

    def _is_judgeable(self, pair: EyePair, box_width_px: float) -> bool:
        return (
            pair.distance_px >= self._settings.min_eye_distance_px
            and pair.distance_px >= PROFILE_DISTANCE * box_width_px
        )


def decide(evidence: tuple[EyeEvidence, EyeEvidence], settings: EyesSettings) -> EyeReading:
    """Put the evidence of both eyes together; pure.

    Eyes that agree are judged by the mean of their log odds, so that one clear eye settles a
    doubtful other.  They are counted apart only where each is clear and they contradict.
    """
    seen = [
        eye.log_odds
        for eye in evidence
        if eye.hidden <= settings.hidden_threshold and eye.contrast >= settings.min_contrast
    ]
    if not seen:
        return EyeReading("unknown", 0)
    mean = sum(seen) / len(seen)
    threshold = log(settings.open_threshold / (1 - settings.open_threshold))
    probability = 1 / (1 + exp(-max(-MAX_LOG_ODDS, min(MAX_LOG_ODDS, mean))))
    winks = min(seen) <= threshold - WINK_LOG_ODDS and max(seen) >= threshold + WINK_LOG_ODDS
    if winks:
        return EyeReading("open", 1, probability)
    if mean >= threshold:
        return EyeReading("open", MAX_EYES, probability)
    return EyeReading("closed", 0, probability)
