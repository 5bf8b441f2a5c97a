"""What a photo says of itself: EXIF for every program, and the whole shot as JSON.

The JSON lies in EXIF's UserComment and, for programs that only read XMP, in the property
`printability:Shot`.  EXIF 2.32 (CIPA DC-008), XMP specification parts 1 and 3 (Adobe).
"""

import json
import re
import zlib
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from PIL import ExifTags, Image

from device import __version__
from device.album.errors import NotAShotError
from device.album.exif import exif_block
from device.messages.clock import format_time
from device.messages.shot import ShotEvent, shot_from_json, shot_to_json

SOFTWARE: Final = f"printability-camera {__version__}"
NAMESPACE: Final = "urn:printability-camera:photo:1"
_PLAIN_COMMENT: Final = b"ASCII\x00\x00\x00"
_PACKED_COMMENT: Final = b"\x00" * 8
_LARGEST_COMMENT: Final = 60_000
_LARGEST_UNPACKED: Final = 4_000_000
_JPEG_START: Final = b"\xff\xd8\xff"
_QUICK_HEAD: Final = 16_384
_LARGEST_HEAD: Final = 262_144
_LARGEST_XMP_SHOT: Final = 20_000
_QUOTES: Final = {'"': "&quot;"}
_SHOT_IN_XMP: Final = re.compile(r'printability:Shot="([^"]*)"')


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """What a photo carries: its shot, for a runner-up the id of the winner's shot.

    `saved_as` is the name it was saved under; `shot.file` is the present one.
    """

    shot: ShotEvent
    runner_up_of: str | None
    saved_as: str

    @property
    def shot_id(self) -> str:
        """The id of the shot the photo belongs to."""
        return self.runner_up_of or self.shot.id


def metadata_for(record: PhotoRecord, camera_name: str) -> tuple[bytes, bytes]:
    """The EXIF block (with its "Exif" header) and the XMP packet of a photo.

    Raises:
        ValueError: the shot has so many faces that it does not fit (some thousand).
    """
    data = shot_to_json(record.shot)
    if record.runner_up_of is not None:
        data["runner_up_of"] = record.runner_up_of
    text = json.dumps(data, separators=(",", ":"))
    return _exif(record.shot, camera_name, text), _xmp(record.shot, camera_name, text)


def read_shot(path: Path) -> ShotEvent:
    """Read the shot back from a photo; `file` and `bytes` are those of the file as it is now.

    Raises:
        NotAShotError: it is no picture of this appliance.
    """
    return read_record(path).shot


def read_record(path: Path) -> PhotoRecord:
    """Read the shot and what the photo is in it.

    Raises:
        NotAShotError: it is no picture of this appliance.
    """
    try:
        data = _from_head(path) or _from_segments(path)
        shot = shot_from_json({**data, "file": path.name, "bytes": path.stat().st_size})
    except Exception as error:
        # Pillow raises nearly anything on damaged files; to the album all of it is one thing.
        raise NotAShotError(f"{path.name} is no photo of this camera: {error}") from error
    runner_up_of = data.get("runner_up_of")
    return PhotoRecord(
        shot, str(runner_up_of) if runner_up_of else None, saved_as=str(data["file"])
    )


def _exif(shot: ShotEvent, camera_name: str, text: str) -> bytes:
    """EXIF as photo programs sort by it: local time, with its distance from UTC beside it."""
    local = shot.time.astimezone()
    moment = local.strftime("%Y:%m:%d %H:%M:%S")
    offset = local.strftime("%z")
    offset = f"{offset[:3]}:{offset[3:5]}"
    tag = ExifTags.Base
    return exif_block(
        {
            tag.ImageDescription: _description(shot),
            tag.Model: camera_name,
            tag.Orientation: 1,
            tag.Software: SOFTWARE,
            tag.DateTime: moment,
        },
        {
            tag.ExifVersion: b"0232",
            tag.DateTimeOriginal: moment,
            tag.DateTimeDigitized: moment,
            tag.OffsetTime: offset,
            tag.OffsetTimeOriginal: offset,
            tag.OffsetTimeDigitized: offset,
            tag.SubsecTimeOriginal: f"{local.microsecond // 1000:03d}",
            tag.ExifImageWidth: shot.width_px,
            tag.ExifImageHeight: shot.height_px,
            tag.UserComment: _comment(text),
        },
    )


def _comment(text: str) -> bytes:
    """EXIF's user comment: the JSON as ASCII; compressed where a crowd makes it too long."""
    plain = text.encode("ascii")
    if len(plain) <= _LARGEST_COMMENT:
        return _PLAIN_COMMENT + plain
    return _PACKED_COMMENT + zlib.compress(plain, 9)


def _from_comment(comment: object) -> dict[str, Any] | None:
    if not isinstance(comment, bytes):
        return None
    head, body = comment[:8], comment[8:]
    if head == _PACKED_COMMENT:
        body = zlib.decompressobj().decompress(body, _LARGEST_UNPACKED)
    elif head != _PLAIN_COMMENT or not body.startswith(b"{"):
        return None  # a comment of somebody else's
    return _shot_object(body.decode("ascii"))


def _xmp(shot: ShotEvent, camera_name: str, text: str) -> bytes:
    """An XMP packet: stars for photo programs, the scores, and the shot where it is short."""
    rating = shot.rating
    properties = {
        "xmp:CreateDate": format_time(shot.time),
        "xmp:CreatorTool": SOFTWARE,
        "xmp:Rating": str(min(5, max(1, round(5 * rating.score)))),
        "tiff:Model": camera_name,
        "printability:Score": f"{rating.score:.4f}",
        "printability:ExpectedScore": f"{rating.expected_score:.4f}",
        "printability:Faces": str(len(rating.faces)),
        "printability:Cause": shot.cause,
    }
    if len(text) <= _LARGEST_XMP_SHOT:
        properties["printability:Shot"] = text
    attributes = "\n  ".join(
        f"{name}={quoteattr(value, _QUOTES)}" for name, value in properties.items()
    )
    packet = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
  xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:printability="{NAMESPACE}"
  {attributes}/>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
    return packet.encode()


def _from_head(path: Path) -> dict[str, Any] | None:
    """The shot in a photo as the album wrote it: right at its beginning.

    Rebuilding a large album's index reads every photo, and this takes a tenth of the time that
    going through the metadata does.
    """
    with path.open("rb") as file:
        head = file.read(_QUICK_HEAD)
    start = head.find(_PLAIN_COMMENT + b"{")
    if not head.startswith(_JPEG_START) or start < 0:
        return None
    try:
        text = head[start + len(_PLAIN_COMMENT) :].decode("latin-1")
        data, _ = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return None  # longer than what was read
    return data if "rating" in data else None


def _from_segments(path: Path) -> dict[str, Any]:
    """The shot in a photo that a crowd is on, or that other programs have rewritten.

    Whatever is thrown into the folder, only its metadata are read, never its pixels.
    """
    with Image.open(path, formats=["JPEG"]) as picture:
        comment = picture.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    data = _from_comment(comment)
    if data is None:
        with path.open("rb") as file:
            data = _from_xmp(file.read(_LARGEST_HEAD))
    return data


def _from_xmp(packet: bytes) -> dict[str, Any]:
    match = _SHOT_IN_XMP.search(packet.decode("utf-8", "replace"))
    if match is None:
        raise ValueError("its metadata hold no shot")
    return _shot_object(unescape(match.group(1)))


def _shot_object(text: str) -> dict[str, Any]:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise TypeError("its metadata hold JSON that is no shot")
    return data


def _description(shot: ShotEvent) -> str:
    faces = len(shot.rating.faces)
    people = "1 face" if faces == 1 else f"{faces} faces"
    return f"Printability {shot.rating.shown_score:.1f} of 10, {people}"
