"""Drawing a rating onto its picture, for people to look at."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.rating import FaceReading, Rating

# Blue, green, red, as OpenCV has them: from cold to warm with the smile.
COLOURS: Final = {
    "none": (160, 160, 160),
    "mild": (80, 200, 240),
    "moderate": (60, 170, 255),
    "huge": (80, 200, 60),
}
WHITE: Final = (255, 255, 255)
BLACK: Final = (0, 0, 0)


def annotate(image: NDArray[np.uint8], rating: Rating) -> NDArray[np.uint8]:
    """Return a copy of the picture (uint8 BGR) with boxes, smiles, eyes and the score."""
    picture = image.copy()
    height_px, width_px = picture.shape[:2]
    thickness_px = max(1, round(min(height_px, width_px) / 300))
    for face in rating.faces:
        _draw_face(picture, face, thickness_px)
    scale = max(0.5, min(height_px, width_px) / 500)
    _draw_text(picture, f"{rating.shown_score:.1f}", (thickness_px * 4, int(34 * scale)), scale)
    return picture


def _draw_face(picture: NDArray[np.uint8], face: FaceReading, thickness_px: int) -> None:
    height_px, width_px = picture.shape[:2]
    x0, y0, x1, y1 = face.box.to_pixels(width_px, height_px)
    colour = COLOURS[face.smile.label]
    cv2.rectangle(picture, (x0, y0), (x1, y1), colour, thickness_px)
    text = f"{face.smile.label} {max(face.smile.probabilities):.2f}  eyes {face.eyes.state}"
    scale = max(0.35, (x1 - x0) / 320)
    _draw_text(picture, text, (x0, max(int(18 * scale), y0 - thickness_px * 3)), scale)


def _draw_text(
    picture: NDArray[np.uint8], text: str, origin: tuple[int, int], scale: float
) -> None:
    """White on a black outline, readable on any picture."""
    width_px = max(1, round(scale * 1.6))
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, text, origin, font, scale, BLACK, width_px * 3, cv2.LINE_AA)
    cv2.putText(picture, text, origin, font, scale, WHITE, width_px, cv2.LINE_AA)
