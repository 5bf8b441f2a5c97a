"""Many photos as one zip, written while it is sent."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime


class _Outgoing(io.RawIOBase):
    """Collects what the zip writer writes until it is sent; never holds more than one photo."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        """All that was written since the last call."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def stream_zip(
    photos: Iterable[tuple[str, datetime, Callable[[], bytes | None]]],
) -> Iterator[bytes]:
    """Yield a zip of (name, time, reader) piece by piece; what is gone meanwhile is left out.

    Photos are stored, not compressed: JPEGs do not get smaller.
    """
    out = _Outgoing()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, time, read in photos:
            data = read()
            if data is None:
                continue
            # A zip knows no year before 1980; a Pi without a clock may.
            stamp = (max(time.year, 1980), *time.timetuple()[1:6])
            archive.writestr(zipfile.ZipInfo(name, stamp), data)
            yield out.take()
    yield out.take()
