"""What a cluster has used so far: CPU, and slots of its workers."""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psutil
from typing_extensions import Self

from harness.cluster import Cluster

INTERVAL = 0.25
"""Seconds between two counts of the busy workers."""


def cpu_seconds(cluster: Cluster) -> float:
    """
    Return the CPU seconds of all processes of a cluster, ended ones included.

    A process that has ended counts in its parent's ``children_*`` once it is waited for, and is listed until
    then. Exact while no process starts or ends.
    """
    total = 0.0
    for process in cluster.processes():
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


class Slots:
    """Add up how long the workers of the LocalExecutor are busy, in a thread."""

    def __init__(self, cluster: Cluster) -> None:
        self.seconds = 0.0
        self._cluster = cluster
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _count(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(INTERVAL):
            now = time.monotonic()
            self.seconds += busy(self._cluster) * (now - before)
            before = now


def busy(cluster: Cluster) -> int:
    """Return how many workers run a task now; their titles say so."""
    scheduler = cluster.process("scheduler").main
    titles = [_title(worker) for worker in (scheduler.children() if scheduler else [])]
    return sum("LocalExecutor:" in title and "<idle>" not in title for title in titles)


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
