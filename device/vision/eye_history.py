"""Eye states of all faces over time: tracking and smoothing put together."""

from dataclasses import replace

from device.config.eyes import EyesSettings
from device.vision.eye_smoothing import EyeSmoother
from device.vision.rating import FaceReading
from device.vision.tracking import FaceTracker


class EyeHistory:
    """Smooths the eye states of the faces of a video; bounded by the tracker's bound."""

    def __init__(self, settings: EyesSettings) -> None:
        self._enabled = settings.smoothing
        self._tracker = FaceTracker()
        self._smoothers: dict[int, EyeSmoother] = {}

    def update(self, time_s: float, faces: tuple[FaceReading, ...]) -> tuple[FaceReading, ...]:
        """Return the faces of the frame taken at `time_s` with their eye states smoothed."""
        if not self._enabled:
            return faces
        ids = self._tracker.update(time_s, [face.box for face in faces])
        smoothed = tuple(
            replace(
                face,
                eyes=self._smoothers.setdefault(number, EyeSmoother()).update(time_s, face.eyes),
            )
            for number, face in zip(ids, faces, strict=True)
        )
        known = self._tracker.known_ids
        self._smoothers = {n: s for n, s in self._smoothers.items() if n in known}
        return smoothed
