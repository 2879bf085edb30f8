"""A component process under a guard, with its output in a file."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

GUARD = Path(__file__).with_name("guard.py")


class ComponentProcess:
    """A command that takes all its descendants with it when it ends, or when this process ends.

    :param command: the command line.
    :param env: the whole environment.
    :param cwd: the working folder.
    :param log: the file for the output; a restart appends to it.
    :param grace: seconds between SIGTERM and SIGKILL at a stop.
    """

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path, grace: float = 3
    ) -> None:
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            # A session of its own: Ctrl-C on the terminal reaches us alone, and we stop things in order.
            self._guard = subprocess.Popen(
                [sys.executable, str(GUARD), str(grace), *command],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """The command's exit code, None while it runs."""
        return self._guard.poll()

    @property
    def main(self) -> psutil.Process | None:
        """The command's own process."""
        children = psutil.Process(self._guard.pid).children() if self.exit_code is None else []
        # Not by the process id: ids start again at the bottom, and the guard takes orphans in.
        return min(children, key=psutil.Process.create_time, default=None)

    def tree(self) -> list[psutil.Process]:
        """The guard and every process below it."""
        if self.exit_code is not None:
            return []
        guard = psutil.Process(self._guard.pid)
        return [guard, *guard.children(recursive=True)]

    def kill(self) -> None:
        """SIGKILL the command and everything below it, as a crash of its machine would."""
        for process in self.tree()[1:]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._guard.wait()  # first: once its input closes, it reports a stop instead of the exit code
        self.request_stop()

    def wait(self) -> int:
        """Wait until the command ends by itself and return its exit code."""
        return self._guard.wait()

    def request_stop(self) -> None:
        """Ask the guard to stop the command; do not wait."""
        if self._guard.stdin:
            self._guard.stdin.close()

    def stop(self) -> None:
        """Stop the command and wait until the last of its descendants is gone."""
        self.request_stop()
        self._guard.wait()

    def log_tail(self, lines: int = 25) -> str:
        """The last lines of the output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
