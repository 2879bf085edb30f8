"""A real Airflow on loopback: API server, scheduler with LocalExecutor, Dag processor and triggerer."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psutil
from typing_extensions import Self

from harness.logins import Logins
from harness.process import ComponentProcess
from harness.rest import AirflowClient
from harness.settings import HOST, airflow_settings, component_environment, write_airflow_cfg

COMPONENTS: dict[str, list[str]] = {
    "api-server": ["api-server"],
    # Log servers would listen on every interface; the API server reads the logs from the folder.
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
HEALTH_NAMES = ("metadatabase", "scheduler", "triggerer", "dag_processor")


class ClusterError(Exception):
    """The cluster does not work; the message says why and shows the end of a log."""


def free_port() -> int:
    """Return a free port of the loopback interface.

    It is below those that Linux gives away by itself: nobody else gets it before its server starts.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind((HOST, port))
            return port


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


class Cluster:
    """An Airflow installation in a folder of its own, SQLite database included.

    :param home: the folder; it may hold files already, but no database yet.
    :param dags_folders: the folders with the Dags to run.
    :param env: more environment variables for every component.
    :param settings: more settings by section and option, on top of :mod:`harness.settings`.
    :param own_execution_api: serve the workers from a process of their own. The API server writes what users
        do on its event loop: while that waits for a worker's transaction, none of the same process can end,
        and SQLite fails one of them.
    :param logins: who may log in; without any, everybody is an admin.
    """

    def __init__(
        self,
        home: Path,
        dags_folders: Sequence[Path],
        *,
        env: Mapping[str, str] | None = None,
        settings: Mapping[str, Mapping[str, object]] | None = None,
        own_execution_api: bool = False,
        logins: Logins | None = None,
    ) -> None:
        self.home = home.resolve()
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.env = {**component_environment(self.home), **(env or {})}
        self.rest = AirflowClient(self.url)
        self.logins = logins
        folders = [folder.resolve() for folder in dags_folders]
        self._settings = airflow_settings(self.home, self.port, folders)
        for more in (logins.settings(folders) if logins else {}, settings or {}):
            for section, options in more.items():
                self._settings.setdefault(section, {}).update(options)
        self._components = dict(COMPONENTS)
        if logins:
            self._components["triggerer"] = [*COMPONENTS["triggerer"], "--team-name", logins.teams[0]]
        if own_execution_api:
            self._serve_workers_apart(free_port())
        self._processes: dict[str, ComponentProcess] = {}

    def __enter__(self) -> Self:
        try:
            self.boot()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def boot(self, progress: Callable[[str], None] = lambda step: None) -> None:
        """Create the database, start every component and wait until all are healthy.

        :param progress: called with each step in a few words.
        """
        progress("creating the database")
        self.prepare()
        for name in self._components:
            self.start(name)
        self.wait_until_healthy(progress)

    def prepare(self) -> None:
        """Write the settings and create the database: what a command without any component needs."""
        self.home.mkdir(parents=True, exist_ok=True)
        write_airflow_cfg(self.home, self._settings)
        if self.logins:
            self.logins.write_passwords(self.home)
        self.airflow("db", "migrate")
        for team in self.logins.teams if self.logins else ():
            self.airflow("teams", "create", team)

    def airflow(self, *arguments: str) -> str:
        """Run an ``airflow`` command to its end and return the end of its output."""
        process = self._spawn(arguments[0], arguments)
        try:
            if process.wait() != 0:
                raise ClusterError(f"`airflow {' '.join(arguments)}` failed:\n{process.log_tail()}")
            return process.log_tail()
        finally:
            process.stop()

    def start(self, name: str) -> None:
        """Start a component: a new one, one that was killed, or a second one such as ``triggerer-2``."""
        component = name if name in self._components else name.rpartition("-")[0]
        self._processes[name] = self._spawn(name, self._components[component])

    def kill(self, name: str) -> None:
        """SIGKILL a component and its children, workers and running tasks included."""
        self._processes.pop(name).kill()

    def kill_task(self, instance_id: str, *, worker: bool = True) -> int:
        """SIGKILL one try of a task, and return the number of killed processes.

        :param instance_id: the id of the task instance; it is in the titles of the try's processes.
        :param worker: also kill the LocalExecutor's worker that supervises it; then nobody reports the death.
        """
        scheduler = self._processes["scheduler"].main
        found = [
            process
            for process in (scheduler.children(recursive=True) if scheduler else [])
            if instance_id in _title(process) and (worker or process.parent() != scheduler)
        ]
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        return len(found)

    def process(self, name: str) -> ComponentProcess:
        """Return the running component, to look at its processes or to kill single ones."""
        return self._processes[name]

    def processes(self) -> list[psutil.Process]:
        """List every process of the cluster."""
        return [process for component in self._processes.values() for process in component.tree()]

    def stop(self) -> None:
        """Stop all components and wait until their last process is gone."""
        for component in self._processes.values():
            component.request_stop()
        for component in self._processes.values():
            component.stop()
        self._processes.clear()
        self.rest.close()

    def check_alive(self) -> None:
        """Raise if a component has ended unasked."""
        for name, component in self._processes.items():
            if component.exit_code is not None:
                raise ClusterError(f"{name} ended with code {component.exit_code}:\n{component.log_tail()}")

    def wait_until_healthy(
        self, progress: Callable[[str], None] = lambda step: None, timeout: float = 240
    ) -> None:
        """Wait for the first heartbeat of every component."""
        deadline = time.monotonic() + timeout
        while waiting := self._not_healthy():
            progress(f"waiting for {', '.join(waiting)}")
            self.check_alive()
            if time.monotonic() > deadline:
                tails = "\n".join(f"--- {name}\n{part.log_tail()}" for name, part in self._processes.items())
                raise ClusterError(f"not healthy after {timeout:.0f} s: {', '.join(waiting)}\n{tails}")
            time.sleep(0.25)
        if self.logins:
            self.rest.log_in(self.logins.admin, self.logins.passwords[self.logins.admin])

    def wait_for_dags(self, dag_ids: Collection[str], timeout: float = 240) -> None:
        """Wait until the Dag processor has found the Dags; a Dag file that fails to load ends the wait."""
        deadline = time.monotonic() + timeout
        while missing := set(dag_ids) - {dag["dag_id"] for dag in self.rest.dags()}:
            self.check_alive()
            self.check_dags_load()
            if time.monotonic() > deadline:
                raise ClusterError(f"Dags not found after {timeout:.0f} s: {', '.join(sorted(missing))}")
            time.sleep(0.25)

    def check_dags_load(self) -> None:
        """Raise if a Dag file could not be loaded."""
        if errors := self.rest.import_errors():
            text = "\n".join(f"{error['filename']}:\n{error['stack_trace']}" for error in errors)
            raise ClusterError(f"Dag files that do not load:\n{text}")

    def _serve_workers_apart(self, port: int) -> None:
        self._settings["core"]["execution_api_server_url"] = f"http://{HOST}:{port}/execution/"
        self._components["api-server"] = ["api-server", "--apps", "core"]
        self._components["execution-api"] = ["api-server", "--apps", "execution", "--port", str(port)]

    def _not_healthy(self) -> list[str]:
        health = self.rest.health()
        if not health:
            return ["api-server"]
        return [name for name in HEALTH_NAMES if health.get(name) != "healthy"]

    def _spawn(self, name: str, arguments: Sequence[str]) -> ComponentProcess:
        return ComponentProcess(
            [sys.executable, "-m", "airflow", *arguments],
            env=self.env,
            cwd=self.home,
            log=self.home / "logs" / f"{name}.log",
        )
