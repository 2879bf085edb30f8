# acme_faceswap/server.py
"""Acme on this machine, to try the package with: the key is ``acme-5d1f``, and the swap a white dot."""

from __future__ import annotations

import base64
import itertools
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "acme-5d1f"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
)


class Acme(ThreadingHTTPServer):
    """Acme: each swap is done when it is asked for the second time."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.numbers = itertools.count(1)
        self.asked: dict[str, int] = {}


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Acme

    def do_POST(self) -> None:
        """Take a swap."""
        fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != f"Bearer {KEY}":
            self.answer(401, {"error": "wrong key"})
        elif "faceless" in fields["face"]:
            self.answer(400, {"error": "no face found"})
        else:
            job_id = f"a-{next(self.server.numbers)}"
            self.server.asked[job_id] = 0
            self.answer(202, {"id": job_id, "seconds": 2})

    def do_GET(self) -> None:
        """Say how a swap stands, or send a picture."""
        job_id = self.path.rpartition("/")[2]
        if self.path == "/picture.png":
            self.answer(200, PICTURE)
        elif self.headers["Authorization"] != f"Bearer {KEY}":
            self.answer(401, {"error": "wrong key"})
        elif job_id not in self.server.asked:
            self.answer(404, {"error": "no such swap"})
        else:
            self.server.asked[job_id] += 1
            done = {"state": "done", "result": f"{self.server.url}/picture.png"}
            self.answer(200, done if self.server.asked[job_id] > 1 else {"state": "running"})

    def answer(self, status: int, content: bytes | dict[str, Any]) -> None:
        """Send an answer."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    acme = Acme(int(sys.argv[1]))
    print(f"Acme: {acme.url}  key {KEY}", flush=True)
    acme.serve_forever()
