"""Whatever happens to a guarded command or its starter, none of their processes stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.process import ComponentProcess

# A command with a child in a session of its own, out of reach of process groups; may ignore SIGTERM.
COMMAND = """
import signal, subprocess, sys, time
if "ignore-sigterm" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(600 if "short" not in sys.argv else 0)
"""

# A starter that starts the command above and prints the pids of the guard's whole tree.
STARTER = """
import sys, time
from pathlib import Path
from harness.process import ComponentProcess
log = Path(sys.argv[1])
process = ComponentProcess([sys.executable, "-c", sys.argv[2]], env={}, cwd=log.parent, log=log, grace=1)
while len(process.tree()) < 3:
    time.sleep(0.02)
print(*[member.pid for member in process.tree()], flush=True)
time.sleep(600)
"""


def eventually(condition: Callable[[], bool], timeout: float = 10) -> bool:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def start(folder: Path, *arguments: str, members: int = 3) -> tuple[ComponentProcess, list[psutil.Process]]:
    process = ComponentProcess(
        [sys.executable, "-c", COMMAND, *arguments],
        env=dict(os.environ),
        cwd=folder,
        log=folder / "log",
        grace=0.5,
    )
    assert eventually(lambda: len(process.tree()) >= members)
    return process, process.tree()


def test_stop_leaves_nothing(tmp_path: Path) -> None:
    process, tree = start(tmp_path)

    process.stop()

    assert not any(member.is_running() for member in tree)


def test_stop_kills_what_ignores_sigterm(tmp_path: Path) -> None:
    process, tree = start(tmp_path, "ignore-sigterm")

    process.stop()

    assert not any(member.is_running() for member in tree)


def test_kill_takes_the_children_along(tmp_path: Path) -> None:
    process, tree = start(tmp_path)

    process.kill()

    assert not any(member.is_running() for member in tree)
    assert process.exit_code != 0


def test_orphans_of_a_command_that_ends_by_itself_are_killed(tmp_path: Path) -> None:
    process = ComponentProcess(
        [sys.executable, "-c", COMMAND, "short"], env=dict(os.environ), cwd=tmp_path, log=tmp_path / "log"
    )

    assert process.wait() == 0
    assert not psutil.pid_exists(int(process.log_tail()))
    process.stop()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_killed_starter_leaves_nothing(tmp_path: Path, signum: signal.Signals) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "log"), COMMAND],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with starter:
        assert starter.stdout
        tree = [psutil.Process(int(pid)) for pid in starter.stdout.readline().split()]

        starter.send_signal(signum)

    assert len(tree) == 3
    assert eventually(lambda: not any(member.is_running() for member in tree))
