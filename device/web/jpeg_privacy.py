"""Taking everything out of a JPEG that is not needed to show it: place, time, device, rating.

The pixels stay as they are; only marker segments go (ITU-T T.81, annex B).
"""

from typing import Final

START: Final = b"\xff\xd8"
SCAN: Final = 0xDA
END: Final = 0xD9
COMMENT: Final = 0xFE
APPLICATION: Final = range(0xE0, 0xF0)
# JFIF, ICC profile, Adobe colour transform: without them colours may come out wrong.
NEEDED_APPLICATION: Final = frozenset({0xE0, 0xE2, 0xEE})
ICC_MARK: Final = b"ICC_PROFILE\0"
STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


class NotJpegError(ValueError):
    """The bytes are no complete JPEG."""


def strip_metadata(jpeg: bytes) -> bytes:
    """The same picture without EXIF, XMP, IPTC, previews, comments or anything after its end.

    The picture must be upright without its EXIF orientation, as the album's are.

    Raises:
        NotJpegError: it is no JPEG, or is cut short before the picture begins.
    """
    if not jpeg.startswith(START):
        raise NotJpegError("it does not begin as a JPEG")
    kept = [START]
    at = len(START)
    while True:
        marker, start, at = _segment(jpeg, at)
        if marker == SCAN:
            # Compressed data follow up to the end mark; a second picture behind it is dropped.
            kept.append(jpeg[start : _first_end(jpeg, at)])
            return b"".join(kept)
        if marker == END:
            raise NotJpegError("it ends before its picture begins")
        if _is_needed(marker, jpeg[start + 4 : at]):
            kept.append(jpeg[start:at])


def _segment(jpeg: bytes, at: int) -> tuple[int, int, int]:
    """The marker of the segment at `at`, its start and the start of the next."""
    start = at
    while at + 1 < len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] == 0xFF:
        at += 1  # fill bytes
        start = at
    if at + 1 >= len(jpeg) or jpeg[at] != 0xFF:
        raise NotJpegError("a segment is damaged or missing")
    marker = jpeg[at + 1]
    if marker in STANDALONE or marker == END:
        return marker, start, at + 2
    if at + 4 > len(jpeg):
        raise NotJpegError("it is cut short")
    length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
    following = at + 2 + length
    if length < 2 or following > len(jpeg):
        raise NotJpegError("a segment is cut short")
    return marker, start, following


def _is_needed(marker: int, content: bytes) -> bool:
    if marker == COMMENT:
        return False
    if marker == 0xE2:
        # APP2 also holds the index of appended pictures, which are dropped.
        return content.startswith(ICC_MARK)
    return marker not in APPLICATION or marker in NEEDED_APPLICATION


def _first_end(jpeg: bytes, at: int) -> int:
    """Just behind the first end mark at or after `at`; entropy-coded data hold none."""
    end = jpeg.find(b"\xff\xd9", at)
    return end + 2 if end >= 0 else len(jpeg)
