"""Times as the outside sees them: RFC 3339, UTC, milliseconds."""

from datetime import UTC, datetime


def format_time(time: datetime) -> str:
    """Write an aware time as RFC 3339 UTC with milliseconds, e.g. 2026-11-22T20:15:00.123Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time.

    Raises:
        ValueError: it is not one, or has no time zone.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"the time {text!r} has no time zone")
    return time.astimezone(UTC)
