"""The services of deploy/compose.yaml as processes on loopback, each with a free port instead of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.cluster import free_port
from harness.distributed.address import OneAddress
from harness.distributed.cluster import API_SERVERS
from harness.distributed.postgres import Postgres
from harness.distributed.redis import Redis
from harness.process import ComponentProcess
from harness.settings import component_environment
from tests.deploy.reading import DEPLOY, ROOT, environment, services

PORTS = {"address": "8080", "s3": "5000", "sandbox": "8765", "api-server-1": "8081", "api-server-2": "8082"}
PROGRAMS = {
    "airflow": [sys.executable, "-m", "airflow"],
    "python": [sys.executable],
    "celery": [sys.executable, "-m", "celery"],
}
PATIENCE = 600.0
"""Seconds that a service may take on a busy machine."""


class Rehearsal:
    """
    All services but nginx, which :class:`~harness.distributed.address.OneAddress` stands for.

    :param home: a folder for their files.
    :param secrets: the variables of the .env.
    """

    def __init__(self, home: Path, secrets: dict[str, str]) -> None:
        self._home = home
        self._secrets = secrets
        self._stack = ExitStack()
        self.ports = {service: free_port() for service in PORTS}
        self.processes: dict[str, ComponentProcess] = {}

    @property
    def url(self) -> str:
        """The one address."""
        return f"http://127.0.0.1:{self.ports['address']}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything in its order, and wait until all are healthy."""
        with self._stack:
            self._servers()
            for name in ("s3", "sandbox"):
                self.start(name)
            self.wait_for("s3", "sandbox")
            self.start("init")
            assert self.processes["init"].wait() == 0, self.processes["init"].log_tail()
            others = [
                name for name in services() if name not in {"address", "postgres", "valkey", *self.processes}
            ]
            for name in others:
                self.start(name)
            self.wait_for(*others)
            yield

    def _servers(self) -> None:
        self._postgres = Postgres(self._home / "postgres.log")
        self._stack.callback(self._postgres.stop)
        self._postgres.create()
        self._postgres.start()
        self._redis = Redis(self._home / "redis", self._home / "redis.log")
        self._redis.start()
        self._stack.callback(self._redis.stop)
        servers = [self.ports[name] for name in API_SERVERS]
        address = OneAddress(self.ports["address"], servers, "/execution/health")
        address.start()
        self._stack.callback(address.stop)

    def start(self, name: str) -> None:
        """Start a service with its own command and environment."""
        process = ComponentProcess(
            self._local(services()[name]["command"]),
            env=self._environment(name),
            cwd=self._home,
            log=self._home / f"{name}.log",
        )
        self.processes[name] = process
        self._stack.callback(process.stop)

    def wait_for(self, *names: str) -> None:
        """Wait until the services' own healthchecks succeed."""
        deadline = time.monotonic() + PATIENCE
        for name in names:
            check = self._local(services()[name]["healthcheck"]["test"][1:])
            while subprocess.run(
                check, env=self._environment(name), cwd=self._home, capture_output=True
            ).returncode:
                tail = self.processes[name].log_tail()
                assert self.processes[name].exit_code is None, f"{name} has ended:\n{tail}"
                assert time.monotonic() < deadline, f"{name} is not healthy:\n{tail}"
                time.sleep(1)

    def _local(self, words: list[object]) -> list[str]:
        program, *arguments = map(str, words)
        moved = [self._moved(word).replace("/opt/faceswap", str(ROOT)) for word in arguments]
        return [*PROGRAMS.get(program, [program]), *moved]

    def _moved(self, text: str) -> str:
        for service, port in PORTS.items():
            if text == port:
                return str(self.ports[service])
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{self.ports[service]}")
        return text

    def _environment(self, name: str) -> dict[str, str]:
        given = {key: self._moved(value) for key, value in environment(name, self._secrets).items()}
        return {
            **component_environment(self._home),
            **given,
            # Where the image has these, and at which ports the servers are.
            "AIRFLOW__CORE__DAGS_FOLDER": str(DEPLOY / "dags"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self._postgres.url,
            "AIRFLOW__CELERY__BROKER_URL": self._redis.url,
            "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{self._postgres.url}",
            "S3_URL": f"http://127.0.0.1:{self.ports['s3']}",
            "SANDBOX_URL": f"http://127.0.0.1:{self.ports['sandbox']}",
        }
