"""Eyes by OpenCV's Haar cascades: `eyes.method: cascade`.

The seed ran `haarcascade_eye` over the whole face box, where nostrils and mouth corners pass for
eyes and large pictures make it slow.  Here the face is first brought to one size, each eye is
sought in its own region, and a second kind of cascade, trained on open and closed eyes alike, says
whether an eye that does not look open was there at all.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.geometry import Box
from device.vision.rating import MAX_EYES, EyeReading

# The width a face is scaled to: eyes are then about 45 px wide, twice the cascades' window.
FACE_WIDTH_PX: Final = 150
SCALE_STEP: Final = 1.05
# Where the eyes of a ResNet10 box are, in fractions of its width and height: from (left, top) to
# (right, bottom), one region per side of the picture, wide enough for a tilt of 25 degrees.
REGIONS: Final = ((0.02, 0.16, 0.54, 0.58), (0.46, 0.16, 0.98, 0.58))
EYE_SIZES_PX: Final = (22, 66)
# Votes a hit needs.  On 120 open and 105 closed faces of FER+ and GENKI this cascade, step and
# number separated best: an eye found in 75 % of the open and 29 % of the closed (with 2 votes 90 %
# and 61 %; haarcascade_eye_tree_eyeglasses at its best, with 3: 70 % and 29 %, at twice the time).
OPEN_VOTES: Final = 8
OPEN_FILE: Final = "haarcascade_eye.xml"
# Trained on either eye, open or closed: they say whether there is an eye to be judged at all.
ANY_VOTES: Final = 3
ANY_FILES: Final = ("haarcascade_righteye_2splits.xml", "haarcascade_lefteye_2splits.xml")


class CascadeError(Exception):
    """Raised when OpenCV's cascade files are missing or this OpenCV cannot read them."""


def load_cascade(name: str) -> cv2.CascadeClassifier:
    """Load one of the cascades that come with OpenCV.

    Raises:
        CascadeError: the file is not there or is not a cascade.
    """
    data = getattr(cv2, "data", None)
    folder = Path(data.haarcascades) if data else Path("/usr/share/opencv4/haarcascades")
    file = folder / name
    if not file.is_file() or not hasattr(cv2, "CascadeClassifier"):
        raise CascadeError(
            f"the cascade {file} does not exist or OpenCV {cv2.__version__} cannot read cascades; "
            'install opencv-python-headless older than 5, or set "eyes.method: network"'
        )
    cascade = cv2.CascadeClassifier(str(file))
    if cascade.empty():
        raise CascadeError(f"{file} is not a cascade; install OpenCV again")
    return cascade


@dataclass(frozen=True, slots=True)
class _Region:
    """One side of a face, scaled and equalised, and the eye sizes sought in it."""

    pixels: NDArray[np.uint8]

    def has(self, cascade: cv2.CascadeClassifier, votes: int) -> bool:
        smallest, largest = EYE_SIZES_PX
        found = cascade.detectMultiScale(
            self.pixels,
            scaleFactor=SCALE_STEP,
            minNeighbors=votes,
            minSize=(smallest, smallest),
            maxSize=(largest, largest),
        )
        return len(found) > 0


class CascadeEyeReader:
    """Counts open eyes with Haar cascades.  Not safe for two threads at once."""

    def __init__(self, min_face_px: int = 40) -> None:
        """Load the cascades; faces narrower than `min_face_px` are not judged.

        Raises:
            CascadeError: OpenCV's cascade files are missing.
        """
        self._min_face_px = min_face_px
        self._open = load_cascade(OPEN_FILE)
        self._any = tuple(load_cascade(name) for name in ANY_FILES)

    def read(self, gray: NDArray[np.uint8], box: Box) -> EyeReading:
        """Judge the eyes of the face in `box`; `gray` is the whole frame, (height, width) uint8."""
        regions = self._regions(gray, box)
        if not regions:
            return EyeReading("unknown", 0)
        if any(region.has(self._open, OPEN_VOTES) for region in regions):
            # One eye missed is far more common than a wink, so a face with an open eye has two.
            return EyeReading("open", MAX_EYES)
        seen = any(
            region.has(cascade, ANY_VOTES)
            for region, cascade in zip(regions, self._any, strict=True)
        )
        return EyeReading("closed" if seen else "unknown", 0)

    def _regions(self, gray: NDArray[np.uint8], box: Box) -> tuple[_Region, ...]:
        height_px, width_px = gray.shape
        x0, y0, x1, y1 = box.to_pixels(width_px, height_px)
        face_width_px, face_height_px = x1 - x0, y1 - y0
        if face_width_px < self._min_face_px or face_height_px < self._min_face_px:
            return ()
        scale = FACE_WIDTH_PX / face_width_px
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        regions: list[_Region] = []
        for left, top, right, bottom in REGIONS:
            part = gray[
                y0 + round(top * face_height_px) : y0 + round(bottom * face_height_px),
                x0 + round(left * face_width_px) : x0 + round(right * face_width_px),
            ]
            scaled = cv2.resize(part, None, fx=scale, fy=scale, interpolation=method)
            regions.append(_Region(np.asarray(cv2.equalizeHist(scaled), dtype=np.uint8)))
        return tuple(regions)
