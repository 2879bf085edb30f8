"""One address for several servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from harness.cluster import ClusterError, free_port
from harness.distributed.address import OneAddress

READY_PATH = "/ready"


class Server(ThreadingHTTPServer):
    """Answers with its own port, and says whether it is ready."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.ready = True
        self.asked = threading.Semaphore(0)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def is_asked(self) -> None:
        """Wait until its answer of now has been taken in: until the questions after the next one."""
        for _ in range(3):
            assert self.asked.acquire(timeout=30)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asks = self.path == READY_PATH
        self.send_response(503 if asks and not self.server.ready else 200)
        self.end_headers()
        self.wfile.write(str(self.server.server_port).encode())
        if asks:
            self.server.asked.release()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    servers = [Server(), Server()]
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


@contextmanager
def one_address(ports: list[int]) -> Iterator[Callable[[], str]]:
    address = OneAddress(port := free_port(), ports, READY_PATH)
    address.start()

    def ask() -> str:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=30).text

    try:
        yield ask
    finally:
        address.stop()


def ports_of(servers: list[Server]) -> list[int]:
    return [server.server_port for server in servers]


def test_ready_servers_take_turns(servers: list[Server]) -> None:
    with one_address(ports_of(servers)) as ask:
        for server in servers:
            server.is_asked()
        assert sorted(ask() for _ in range(4)) == sorted(2 * [str(port) for port in ports_of(servers)])


def test_a_server_that_is_not_ready_gets_no_connection(servers: list[Server]) -> None:
    first, second = servers
    second.ready = False
    with one_address(ports_of(servers)) as ask:
        for server in servers:
            server.is_asked()
        assert {ask() for _ in range(4)} == {str(first.server_port)}
        first.ready, second.ready = False, True
        for server in servers:
            while server.asked.acquire(blocking=False):
                pass
        for server in servers:
            server.is_asked()
        assert {ask() for _ in range(4)} == {str(second.server_port)}


def test_the_others_serve_for_one_that_died(servers: list[Server]) -> None:
    dead = free_port()
    with one_address([dead, *ports_of(servers)]) as ask:
        for server in servers:
            server.is_asked()
        assert {ask() for _ in range(4)} == {str(port) for port in ports_of(servers)}


def test_without_a_ready_server_the_connection_is_closed() -> None:
    with one_address([free_port()]) as ask, pytest.raises(httpx.TransportError):
        ask()


def test_a_port_that_is_taken_is_an_error(servers: list[Server]) -> None:
    address = OneAddress(servers[0].server_port, [], READY_PATH)
    with pytest.raises(ClusterError, match="cannot listen"):
        address.start()
    address.stop()
