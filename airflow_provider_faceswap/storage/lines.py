"""A TCP connection to an address that was checked, and that is hung up when its time is over."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, InvalidURL
from queue import Empty, SimpleQueue
from typing import Any

from airflow_provider_faceswap.storage.hosts import HostRules
from airflow_provider_faceswap.storage.part import NotYetError

AddressInfo = tuple[Any, ...]
"""As ``socket.getaddrinfo`` returns it."""


class AddressRefusedError(Exception):
    """A name leads to an address that is not connected to."""


class Line:
    """
    The TCP connection of one request.

    :param rules: which addresses are connected to; None for any.
    """

    def __init__(self, rules: HostRules | None) -> None:
        self._rules = rules
        self._twin: socket.socket | None = None
        self._over = False

    def connect(self, host: str, port: int, seconds: float, pause: float) -> socket.socket:
        """
        Connect to the first address of a host that is allowed and answers.

        :param seconds: that it may take; each address gets an equal share of what is left.
        :param pause: seconds for which the other side may send nothing later.
        :raises AddressRefusedError: if an address is not allowed, and no other one answers.
        :raises NotYetError: if the name cannot be resolved.
        """
        ends = time.monotonic() + seconds
        found = resolve(host, port, seconds)
        refused = ""
        problem: OSError = TimeoutError()
        for number, (*kind, _, address) in enumerate(found):
            if self._rules and (reason := self._rules.refusal(str(address[0]))):
                refused = reason
                continue
            share = (ends - time.monotonic()) / (len(found) - number)
            try:
                return self._opened(socket.socket(*kind), address, share, pause)
            except OSError as error:
                problem = error
        if refused:
            raise AddressRefusedError(refused)
        raise problem

    def _opened(self, line: socket.socket, address: Any, seconds: float, pause: float) -> socket.socket:
        try:
            line.settimeout(max(seconds, 0.001))  # 0 would mean not to wait at all
            line.connect(address)
            line.settimeout(pause)
            # TLS moves the connection to another socket: this one stays to hang up with.
            self._twin = line.dup()
        except BaseException:
            line.close()
            raise
        if self._over:
            self._hang_up()
        return line

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """
        Hang up when the time is over, whatever the other side does: the pause between two bytes says nothing.

        :raises TimeoutError: if it is over.
        """
        if seconds <= 0:
            raise TimeoutError
        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (HTTPException, OSError):
            if not self._over:
                raise
        finally:
            timer.cancel()
        if self._over:
            raise TimeoutError

    def _hang_up(self) -> None:
        self._over = True
        if self._twin:
            with suppress(OSError):  # the other side was first
                self._twin.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection; sockets that were made of it are closed by those who hold them."""
        if self._twin:
            self._twin.close()


def resolve(host: str, port: int, seconds: float) -> list[AddressInfo]:
    """
    Return a host's addresses.

    :param seconds: that it may take: the system's resolver knows no limit, so it is asked in a thread.
    :raises NotYetError: if there are none.
    :raises InvalidURL: if the name is not valid.
    """
    answers: SimpleQueue[list[AddressInfo] | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=max(seconds, 0))
    except Empty:
        raise TimeoutError from None
    if isinstance(found, UnicodeError):
        raise InvalidURL
    if isinstance(found, OSError):
        raise NotYetError(f"{host[:100]} cannot be resolved")
    return found
