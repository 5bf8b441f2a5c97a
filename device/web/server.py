"""The page's server: one thread of its own inside the daemon."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from device.config.identity import IdentitySettings
from device.config.web import WebSettings
from device.messages.request import RequestHandler
from device.messages.state import ApplianceState
from device.web.access import Access
from device.web.appliance import AlbumView, LiveView, ShotFeed, UploadRater
from device.web.keys import KeyFile
from device.web.parts import WebParts

if TYPE_CHECKING:
    import uvicorn

logger = logging.getLogger(__name__)

BACKLOG: Final = 64
MOST_CONNECTIONS: Final = 256
LARGEST_WEBSOCKET_MESSAGE: Final = 4096
KEEP_ALIVE_S: Final = 15


class WebServer:
    """Serves the page until stopped.

    `start` binds the port at once, so that a port in use is known at once; loading the framework
    takes seconds on a small machine and happens on the server's thread, while connections wait.

    Raises:
        SecretUnavailableError: the configured password or token cannot be read.
        OSError: the key file can neither be read nor made.
    """

    def __init__(
        self,
        settings: WebSettings,
        identity: IdentitySettings,
        live: LiveView,
        album: AlbumView[Any],
        uploads: UploadRater,
        shots: ShotFeed,
        requests: RequestHandler,
        state: Callable[[], ApplianceState],
        secret_key_file: Path,
    ) -> None:
        self._settings = settings
        self._parts = WebParts(
            settings=settings,
            identity=identity,
            live=live,
            album=album,
            uploads=uploads,
            shots=shots,
            requests=requests,
            state=state,
            access=Access(settings, KeyFile(secret_key_file)),
            # Cookies know no port: two cameras on one host must not log each other out.
            cookie_name=f"printability-{identity.id}",
        )
        self._socket: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where the page is, such as http://127.0.0.1:8080."""
        host = self._settings.host
        port = self._socket.getsockname()[1] if self._socket else self._settings.port
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def start(self) -> None:
        """Bind the port and serve on a thread.

        Raises:
            OSError: the address cannot be bound; the message names it.
        """
        self._socket = _listen(self._settings.host, self._settings.port)
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Close all connections and end the thread; idempotent."""
        self._stopping.set()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                logger.warning("The page's server did not end within %.1f s", timeout_s)
                if self._server is not None:
                    self._server.force_exit = True
            self._thread = None
        if self._socket is not None:
            self._socket.close()

    def _serve(self) -> None:
        try:
            import uvicorn

            from device.web.application import make_app

            assert self._socket is not None
            config = uvicorn.Config(
                make_app(self._parts),
                loop="asyncio",
                http="h11",
                ws="websockets-sansio",
                ws_max_size=LARGEST_WEBSOCKET_MESSAGE,
                # Pictures are JPEGs already: compressing them again costs time for nothing.
                ws_per_message_deflate=False,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                backlog=BACKLOG,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=1,
                # The sockets are bound here and signals belong to the daemon's main thread.
                lifespan="on",
            )
            self._server = uvicorn.Server(config)
            self._server.should_exit = self._stopping.is_set()
            asyncio.run(self._server.serve(sockets=[self._socket]))
        except Exception:
            logger.exception("The page's server ended; the camera goes on without it")


def _listen(host: str, port: int) -> socket.socket:
    """A bound, listening socket.

    Raises:
        OSError: the address is in use or not this machine's.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"{host} port {port}: {error.strerror}") from error
    return listener
