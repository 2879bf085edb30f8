"""A small HTTP server on loopback: it hands out one file and keeps what is posted to it."""

from __future__ import annotations

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


class Receiver:
    """Used as a context manager, it gives its address.

    :param content: what a GET answers.
    :param statuses: what the first POSTs answer; all others answer 200.
    :param seconds: how long a POST waits for its answer.
    """

    def __init__(self, content: bytes = b"", statuses: tuple[int, ...] = (), seconds: float = 0) -> None:
        self.received: queue.Queue[dict[str, Any]] = queue.Queue()
        statuses_left = list(statuses)
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200, content)

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                as_form = self.headers["Content-Type"] == "application/x-www-form-urlencoded"
                received.put(dict(parse_qsl(content.decode())) if as_form else json.loads(content))
                time.sleep(seconds)
                self._answer(statuses_left.pop(0) if statuses_left else 200, b"")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/file"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
