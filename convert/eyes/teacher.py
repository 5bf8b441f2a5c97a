"""Labels for faces that have none: where the eyes are and how far open, by MediaPipe's face mesh.

No set of pictures here has eye positions, so a large model that has seen millions of faces (the
attention mesh of MediaPipe, Apache-2.0; Grishchenko et al., "Attention Mesh", 2020) labels the
training faces once, in the workshop; the appliance carries none of it.  mediapipe 0.10 needs
NumPy 1, so it lives in an environment of its own, and this module imports nothing else of ours:

    python -m venv teacher && teacher/bin/pip install mediapipe==0.10.21
    teacher/bin/python convert/eyes/teacher.py faces.npz landmarks.npz

`faces.npz` holds one or more arrays of grey faces, uint8 (n, side, side); `landmarks.npz` receives
for each array NAME: `NAME_eyes` (n, 2, 2): x, y of the eye left and right in the picture;
`NAME_outline` (n, 36, 2): the oval of the face; `NAME_openness` (n, 2, 2): eye-aspect ratio (height
over width) of either eye, once as the picture is and once mirrored; all in source pixels, NaN
where no face was found.
"""

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

UPSCALE = 4
PADDING = 0.35
# Indices of MediaPipe's 468 points: corners, and three pairs of points along the lids.
LEFT_IN_PICTURE = (33, 133, (160, 159, 158), (144, 145, 153))
RIGHT_IN_PICTURE = (362, 263, (387, 386, 385), (373, 374, 380))
OUTLINE = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)


def find_mesh(mesh: Any, face: Any) -> Any:
    """Points of one grey face, float32 (478, 2) in its pixels; None without a face."""
    big = cv2.resize(face, None, fx=UPSCALE, fy=UPSCALE, interpolation=cv2.INTER_CUBIC)
    border = int(PADDING * big.shape[0])
    big = cv2.copyMakeBorder(big, border, border, border, border, cv2.BORDER_REPLICATE)
    found = mesh.process(cv2.cvtColor(big, cv2.COLOR_GRAY2RGB)).multi_face_landmarks
    if not found:
        return None
    height_px, width_px = big.shape
    points = [(point.x * width_px, point.y * height_px) for point in found[0].landmark]
    return (np.array(points, np.float32) - border) / UPSCALE


def openness(points: Any) -> Any:
    """Eye-aspect ratios of the left and right eye in the picture, float32 (2,)."""
    ratios = []
    for outer, inner, upper, lower in (LEFT_IN_PICTURE, RIGHT_IN_PICTURE):
        heights = np.linalg.norm(points[list(upper)] - points[list(lower)], axis=1)
        ratios.append(heights.mean() / np.linalg.norm(points[outer] - points[inner]))
    return np.array(ratios, np.float32)


def label_faces(mesh: Any, faces: Any) -> dict[str, Any]:
    """Label grey faces, uint8 (n, side, side); the arrays are described in the module's text."""
    count = len(faces)
    eyes = np.full((count, 2, 2), np.nan, np.float32)
    outline = np.full((count, len(OUTLINE), 2), np.nan, np.float32)
    ratios = np.full((count, 2, 2), np.nan, np.float32)
    for row, face in enumerate(faces):
        plain = find_mesh(mesh, face)
        mirrored = None if plain is None else find_mesh(mesh, np.ascontiguousarray(face[:, ::-1]))
        if plain is None or mirrored is None:
            continue
        eyes[row] = [plain[list(eye[:2])].mean(0) for eye in (LEFT_IN_PICTURE, RIGHT_IN_PICTURE)]
        outline[row] = plain[list(OUTLINE)]
        ratios[row] = openness(plain), openness(mirrored)[::-1]
    return {"eyes": eyes, "outline": outline, "openness": ratios}


def main(source: Path, target: Path) -> None:
    """Label every array of faces in `source` and write `target`."""
    import mediapipe  # type: ignore[import-not-found]

    mesh = mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=True, max_num_faces=1, refine_landmarks=True, min_detection_confidence=0.3
    )
    labels: dict[str, Any] = {}
    with np.load(source) as arrays:
        for name in arrays.files:
            for key, values in label_faces(mesh, arrays[name]).items():
                labels[f"{name}_{key}"] = values
    np.savez_compressed(target, **labels)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
