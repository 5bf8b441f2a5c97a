"""Addresses of network cameras, and what of them may be shown."""

from typing import Final
from urllib.parse import quote

SCHEMES: Final = ("rtsp", "rtsps", "http", "https")


def is_network_address(source: str) -> bool:
    """Whether `source` is an address that a network camera can have."""
    return source.partition("://")[0].lower() in SCHEMES and "://" in source


def shown_address(source: str) -> str:
    """`rtsp://192.168.1.10:554/…`: the address without anything that can be a secret.

    Passwords stand before the host, in the query and, on some cameras, in the path: only scheme,
    host and port are shown, whatever the scheme.  Devices and paths are returned unchanged.
    """
    scheme, separator, rest = source.partition("://")
    if not separator:
        return source
    authority = rest
    for end in "/?#":
        authority = authority.partition(end)[0]
    host = authority.rpartition("@")[2]
    # An @ further on may belong to a password with a slash in it: then no part is safe to show.
    if "@" in rest[len(authority) :] or not host:
        return f"{scheme}://…"
    return f"{scheme}://{host}" + ("/…" if len(rest) > len(authority) else "")


def address_with_credentials(source: str, username: str, password: str | None) -> str:
    """The address with a user name and password, any characters allowed, as FFmpeg reads them.

    They take the place of those that the address may have.
    """
    scheme, _, rest = source.partition("://")
    authority = rest
    for end in "/?#":
        authority = authority.partition(end)[0]
    host = authority.rpartition("@")[2]
    user = quote(username, safe="") + (f":{quote(password, safe='')}" if password else "")
    return f"{scheme}://{user}@{host}{rest[len(authority) :]}"
