"""A server on loopback that says to a connection exactly what a test tells it, well-formed or not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Script = Callable[[socket.socket, bytes], None]
"""Takes a connection and the head of the request that came over it."""


@contextmanager
def serve(script: Script) -> Iterator[str]:
    """
    Run a script for each connection.

    :return: the server's URL.
    """
    ears = socket.create_server(("127.0.0.1", 0))

    def one(link: socket.socket) -> None:
        with link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(OSError):  # the client has hung up
                script(link, _request(link))

    def listen() -> None:
        with suppress(OSError):  # closed from the other side
            while True:
                link, _ = ears.accept()
                link.settimeout(10)
                threads.append(threading.Thread(target=one, args=(link,)))
                threads[-1].start()

    threads: list[threading.Thread] = []
    listener = threading.Thread(target=listen)
    listener.start()
    try:
        yield f"http://127.0.0.1:{ears.getsockname()[1]}"
    finally:
        ears.shutdown(socket.SHUT_RDWR)
        listener.join()
        for thread in threads:
            thread.join()
        ears.close()


def _request(link: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and (part := link.recv(65536)):
        head += part
    head, _, body = head.partition(b"\r\n\r\n")
    for line in head.lower().splitlines():
        if line.startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]) and (part := link.recv(65536)):
                body += part
    return head
