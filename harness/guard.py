"""Run one command and leave none of its descendants behind, however the command or the starter ends.

Usage: ``guard.py GRACE COMMAND...``. The guard stops the command when its standard input closes (also when
the starter is killed outright) or on SIGTERM: SIGTERM first, SIGKILL after GRACE seconds. Orphans of the
command are adopted and killed, and the guard ends with the command's exit code.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from types import FrameType

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def prctl(option: int, value: int) -> None:
    """Set a process attribute; does nothing where there is no Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def die_with_guard() -> None:
    """In the command's process: ask the kernel to kill it when the guard dies."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def stop_when_input_closes() -> None:
    """Wait for the end of standard input, which only the starter holds open."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def kill_descendants() -> None:
    """Kill and reap until nothing is left; a killed process may leave orphans of its own."""
    while children := psutil.Process().children(recursive=True):
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, timeout=1)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


class Stop(Exception):
    """The guard was told to stop its command."""


def raise_stop(signum: int, frame: FrameType | None) -> None:
    """Turn the first SIGTERM into an exception, and ignore the next ones."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stop


def run(grace: float, command: list[str]) -> int:
    """Run the command to its end, or stop it when told to."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_guard)
    try:
        threading.Thread(target=stop_when_input_closes, daemon=True).start()
        return process.wait()
    except Stop:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
        return process.poll() or 0


def main() -> int:
    """Read the command line, run the command, and kill what it leaves."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, raise_stop)
    try:
        return run(float(sys.argv[1]), sys.argv[2:])
    except Stop:
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        kill_descendants()


if __name__ == "__main__":
    sys.exit(main())
