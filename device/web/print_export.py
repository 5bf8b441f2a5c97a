"""A photo made ready for the printer: 10 × 15 cm at 300 dots per inch."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from device.vision.geometry import Box
from device.web.print_layout import DPI, lay_out

QUALITY: Final = 95
WHITE: Final = (255, 255, 255)


def print_ready(photo: Path, faces: Sequence[Box]) -> bytes:
    """A JPEG of exactly 1772 × 1181 pixels (or upright), without metadata but its resolution.

    Raises:
        OSError: the photo is gone or cannot be read.
    """
    with Image.open(photo, formats=("JPEG",)) as picture:
        layout = lay_out(*picture.size, faces)
        left, top = layout.left_px, layout.top_px
        part = (left, top, left + layout.crop_width_px, top + layout.crop_height_px)
        size = (layout.width_px, layout.height_px)
        profile = picture.info.get("icc_profile")
        scaled = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS, box=part)
    paper = Image.new("RGB", (layout.paper_width_px, layout.paper_height_px), WHITE)
    paper.paste(
        scaled,
        ((layout.paper_width_px - size[0]) // 2, (layout.paper_height_px - size[1]) // 2),
    )
    written = io.BytesIO()
    paper.save(written, "JPEG", quality=QUALITY, dpi=(DPI, DPI), subsampling=0, icc_profile=profile)
    return written.getvalue()
