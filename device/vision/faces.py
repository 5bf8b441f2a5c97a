"""Finding faces: OpenCV's ResNet-10 SSD, searched at several sizes, each believed for its own.

The network was trained on 300×300 pictures and is dependable for faces of some 20 to 120
pixels of its input. Larger ones bring ghosts (a second box at the lower right of the face),
and on inputs above 300 its coarse feature maps invent faces of 140 to 280 pixels. So the
picture is searched at a small size, where every large face is of a dependable size, and at a
larger one, of which only small faces are believed. The net is fully convolutional: the input
keeps the picture's proportions instead of being padded to a square, which saves a quarter of
the time on a 4:3 picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.config.faces import FacesSettings
from device.vision.geometry import Box, Letterbox
from device.vision.tflite import ModelError

# Long sides searched in each mode; see models/face_detector.md for what each finds and costs.
SIZES_PX: Final = {"thorough": (192, 512), "balanced": (192, 384), "fast": (256,)}

# Geometric mean of a face's sides at the network's input, above which only the smallest size
# is believed. Between 90 and 120 the choice changes nothing on the pictures measured.
_TRUSTED_FACE_PX: Final = 100
# A box this much inside a surer one is a part or a ghost of the same face.
_COVERED: Final = 0.4

_MEAN_BGR: Final = (104.0, 177.0, 123.0)  # of the network's training, from its prototxt's authors
_STRIDE_PX: Final = 32
_LEAST_SIDE_PX: Final = 160  # below it the last feature maps have nothing left to look at


@dataclass(frozen=True, slots=True)
class Detection:
    """One face found: where, in fractions of the frame, and how sure the network is (0..1)."""

    box: Box
    confidence: float


class FaceDetector:
    """Finds the faces of a picture. Not thread-safe: the network owns its buffers."""

    def __init__(self, prototxt: Path, caffemodel: Path, settings: FacesSettings) -> None:
        """Load the network.

        Raises:
            ModelError: a file is missing, damaged, or OpenCV cannot read Caffe models.
        """
        self._settings = settings
        self._sizes_px = tuple(sorted(set(settings.input_sizes_px or SIZES_PX[settings.mode])))
        self._net = _load(prototxt, caffemodel)

    @property
    def sizes_px(self) -> tuple[int, ...]:
        """The long sides that `detect` searches, the smallest first."""
        return self._sizes_px

    def detect(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Search a picture at every size.

        Args:
            image: (height, width, 3) uint8, BGR; of any size (it is scaled down once).

        Returns:
            The faces, the surest first, boxes clamped to the picture; at most `max_faces`.
        """
        return self._search(image, self._sizes_px)

    def detect_coarse(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Search at the smallest size only: large faces, at a fraction of the cost."""
        return self._search(image, self._sizes_px[:1])

    def finds_coarsely(self, box: Box, width_px: int, height_px: int) -> bool:
        """Whether a face of that size in such a picture is one `detect_coarse` can be left to."""
        scale = self._sizes_px[0] / max(width_px, height_px)
        return _side_px(box, width_px, height_px) * scale >= _COARSE_FACE_PX

    def _search(self, image: NDArray[np.uint8], sizes_px: tuple[int, ...]) -> tuple[Detection, ...]:
        found: list[Detection] = []
        source = image
        # From the largest size down, each scaled from the one before: a 12-megapixel picture is
        # read once only.
        for size_px in reversed(sizes_px):
            letterbox = Letterbox.fit(image.shape[1], image.shape[0], size_px)
            source = _resized(source, letterbox)
            trusted_px = math.inf if size_px == self._sizes_px[0] else _TRUSTED_FACE_PX
            found += self._pass(source, letterbox, trusted_px, image.shape[1])
        return merge(found, self._settings.nms_iou)[: self._settings.max_faces]

    def _pass(
        self,
        content: NDArray[np.uint8],
        letterbox: Letterbox,
        trusted_px: float,
        frame_width_px: int,
    ) -> Iterable[Detection]:
        width_px, height_px = (_padded(side) for side in (content.shape[1], content.shape[0]))
        canvas = np.empty((height_px, width_px, 3), np.uint8)
        canvas[:] = _MEAN_BGR  # zero for the network
        canvas[: content.shape[0], : content.shape[1]] = content
        self._net.setInput(cv2.dnn.blobFromImage(canvas, mean=_MEAN_BGR))
        # One row per box: image, class, confidence, then the corners in fractions of the input.
        for row in self._net.forward()[0, 0]:
            confidence = float(row[2])
            if confidence < self._settings.confidence:
                continue
            x0, y0, x1, y1 = (float(value) for value in row[3:7])
            box = letterbox.to_frame(
                x0 * width_px, y0 * height_px, x1 * width_px, y1 * height_px
            ).clamp()
            wide_enough = box.width * frame_width_px >= self._settings.min_size_px
            face_px = _side_px(box, letterbox.content_width_px, letterbox.content_height_px)
            if wide_enough and box.area > 0 and face_px < trusted_px:
                yield Detection(box, min(1.0, confidence))


# At the smallest size a face of this many pixels is mostly found; where it is not, it is missed
# and a full search follows at once, so a low limit costs a little time and no face.
_COARSE_FACE_PX: Final = 24


def merge(detections: Iterable[Detection], nms_iou: float) -> tuple[Detection, ...]:
    """One detection per face: of those that overlap, the surest; the surest first.

    Besides the usual overlap, a box that lies largely inside another is taken for the same
    face: the sizes see a face a little differently, and a ghost shares a corner with its face.
    """
    kept: list[Detection] = []
    for candidate in sorted(detections, key=lambda found: -found.confidence):
        if not any(_same_face(candidate.box, other.box, nms_iou) for other in kept):
            kept.append(candidate)
    return tuple(kept)


def _same_face(one: Box, other: Box, nms_iou: float) -> bool:
    return one.iou(other) > nms_iou or max(one.covered_by(other), other.covered_by(one)) > _COVERED


def _side_px(box: Box, width_px: int, height_px: int) -> float:
    """The geometric mean of a box's sides in a picture of that size."""
    return math.sqrt(box.area * width_px * height_px)


def _padded(side_px: int) -> int:
    """A side of the network's input: a multiple of its stride, and not too small for it."""
    return max(_LEAST_SIDE_PX, math.ceil(side_px / _STRIDE_PX) * _STRIDE_PX)


def _resized(image: NDArray[np.uint8], letterbox: Letterbox) -> NDArray[np.uint8]:
    size = (letterbox.content_width_px, letterbox.content_height_px)
    shrinks = image.shape[1] > size[0] or image.shape[0] > size[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=method), dtype=np.uint8)


def _load(prototxt: Path, caffemodel: Path) -> cv2.dnn.Net:
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        raise ModelError(
            f"OpenCV {cv2.__version__} cannot read Caffe models; install "
            '`pip install "opencv-python-headless<5"`'
        )
    for file in (prototxt, caffemodel):
        if not file.is_file():
            raise ModelError(f"{file} does not exist; the models directory should hold it")
    try:
        net = cv2.dnn.readNetFromCaffe(str(prototxt), str(caffemodel))
    except cv2.error as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"the face detector {caffemodel} cannot be loaded: {reason}") from error
    # Winograd weights are packed anew whenever the input's size changes, which happens within
    # every full search: without them a frame takes three quarters of the time and 24 MB less.
    net.enableWinograd(False)
    return net
