"""Running a sandbox: in a thread for tests, or until a signal ends it."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

import uvicorn

from airflow_provider_faceswap.sandbox.app import create_app
from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.http.tcp import counting_protocol
from airflow_provider_faceswap.sandbox.settings import Settings

BACKLOG = 2048


def _listen(port: int) -> socket.socket:
    # asyncio turns off Nagle's delay (40 ms per answer) only if the protocol is given.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class SandboxServer:
    """
    A sandbox on a port of its own on 127.0.0.1; as a context manager it runs in a thread.

    :param settings: what it is started with.
    :param port: the port; 0 picks a free one.
    """

    def __init__(self, settings: Settings | None = None, port: int = 0) -> None:
        self.settings = settings or Settings()
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        app = create_app(self.settings)
        self.backend: Backend = app.state.backend
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=counting_protocol(self.backend.counts),
                ws="none",
                loop="asyncio",
                lifespan="on",
                access_log=False,
                log_config=None,
                backlog=BACKLOG,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self.run, name="sandbox", daemon=True)

    @property
    def url(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        """The API key that it accepts."""
        return self.settings.key

    def run(self) -> None:
        """Serve in this thread until :meth:`stop`. The port listens already: an early request waits."""
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Stop serving, and wait until the thread has ended."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()

    def __enter__(self) -> SandboxServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
