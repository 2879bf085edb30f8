"""The vendors' sandbox as a process of its own."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx
from typing_extensions import Self

from airflow_provider_faceswap.testing.connections import default_connections
from harness.cluster import ClusterError
from harness.process import ComponentProcess
from harness.settings import component_environment

ANNOUNCEMENT = re.compile(r"^Sandbox: (?P<url>http://\S+)\s+key (?P<key>\S+)$", re.MULTILINE)


class Sandbox:
    """A running sandbox.

    :param home: its working folder, which also holds its log.
    :param options: more options of its command line.
    """

    def __init__(self, home: Path, *options: str) -> None:
        self._home = home.resolve()
        self._home.mkdir(parents=True, exist_ok=True)
        self._options = options
        self._process: ComponentProcess | None = None
        self.url = ""
        self.key = ""
        #: For its control routes; an error status raises nothing.
        self.http = httpx.Client(timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def process(self) -> ComponentProcess:
        """The sandbox's process."""
        if self._process is None:
            raise ClusterError("the sandbox was not started")
        return self._process

    def start(self) -> None:
        """Start it on a free port; :meth:`wait_until_up` waits for its first answer."""
        self._process = ComponentProcess(
            [sys.executable, "-m", "airflow_provider_faceswap.sandbox", "--port", "0", *self._options],
            env=component_environment(self._home),
            cwd=self._home,
            log=self._home / "sandbox.log",
        )

    def wait_until_up(self, timeout: float = 30) -> None:
        """Wait until it answers, and learn its URL and key from its first line."""
        deadline = time.monotonic() + timeout
        while not self._answers():
            if self.process.exit_code is not None or time.monotonic() > deadline:
                raise ClusterError(f"the sandbox does not answer:\n{self.process.log_tail()}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        announcement = ANNOUNCEMENT.search(self.process.log.read_text(errors="replace"))
        if not announcement:
            return False
        self.url, self.key = announcement["url"], announcement["key"]
        self.http.base_url = httpx.URL(self.url)
        try:
            return self.http.get("/").is_success
        except httpx.TransportError:
            return False

    def connections(self) -> list[dict[str, str]]:
        """Return the vendors' default connections, as the REST API takes them, pointed here."""
        found = default_connections(self.url, self.key)
        return [{"connection_id": conn_id, **settings} for conn_id, settings in found.items()]

    def stop(self) -> None:
        """Stop it and whatever it started."""
        self.http.close()
        if self._process:
            self._process.stop()
