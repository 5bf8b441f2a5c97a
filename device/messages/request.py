"""Requests to the running appliance, the same from MQTT and from the page."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

REQUEST_NAMES: Final = ("shoot", "pause", "resume", "set", "get", "last-shot", "restart-camera")


class RequestError(Exception):
    """A request that cannot be carried out; the message is the answer's `error`."""


class RequestHandler(Protocol):
    """Carries requests out.  Safe to call from any thread; returns within a second."""

    def __call__(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out the request `name` (one of `REQUEST_NAMES`) and return the answer's data.

        Raises:
            RequestError: unknown name, wrong arguments, or not possible now.
        """
        ...
