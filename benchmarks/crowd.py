"""
One trigger in one process, with ten thousand running jobs.

Run ``python -m benchmarks.crowd [jobs]``; it takes five minutes. The vendor is a process of its own on
loopback. Durations have a median of 120 s, and etas are right within 20 %. Memory is what this process holds
at its peak beyond what it held after a batch of 50; lateness is from the vendor's end of a job to the poll
that saw it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger
from benchmarks.loop import CONN_ID, connect, measuring, silence
from benchmarks.vendor import Vendor, wire

JOBS, MEDIAN, SIGMA, ERROR = 10_000, 120.0, 0.3, 0.2
RESULT = ["https://cdn.example.com/result.mp4"]


def duration_of(job_id: int, median: float) -> float:
    """Return how long a job takes: the same in both processes."""
    return median * random.Random(job_id).lognormvariate(0.0, SIGMA)


class TimedVendor(Vendor):
    """Finishes each job in its time, and notes how late the end is seen."""

    started = 0.0
    median = MEDIAN
    late: dict[int, float]

    def _answer(self, head: bytes) -> None:
        path = head.split(b" ")[1].decode()
        if path.startswith("/start/"):
            TimedVendor.started, TimedVendor.median, TimedVendor.late = time.time(), float(path[7:]), {}
            self.transport.write(wire(200, {}, {}))
        elif path == "/counts":
            Vendor.extra = {"late": list(TimedVendor.late.values())}
            super()._answer(head)
        else:
            Vendor.arrivals.append(0.0)
            self.transport.write(wire(200, {}, self._job(int(path.rpartition("/")[2]))))

    def _job(self, job_id: int) -> dict[str, object]:
        duration, age = duration_of(job_id, self.median), time.time() - self.started
        if age < duration:
            return {"status": "processing", "id": job_id, "output": []}
        self.late[job_id] = (age - duration) / duration
        return {"status": "success", "id": job_id, "output": RESULT}


@contextmanager
def timed_vendor() -> Iterator[str]:
    """Run the vendor in a process of its own; yield its base URL."""
    command = [sys.executable, "-m", "benchmarks.crowd", "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.communicate()


async def serve() -> None:
    """Print the port; answer until the parent closes its end of the pipe."""
    server = await asyncio.get_running_loop().create_server(TimedVendor, "127.0.0.1", 0, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


def get(url: str) -> dict[str, list[float]]:
    """Return the JSON at a URL."""
    with urllib.request.urlopen(url) as reply:
        found: dict[str, list[float]] = json.load(reply)
    return found


def memory() -> tuple[float, float]:
    """Return this process's memory in KB: now, and at its peak since the last call."""
    status = Path("/proc/self/status").read_text()
    now, peak = (float(status.partition(f"{name}:")[2].split()[0]) for name in ("VmRSS", "VmHWM"))
    Path("/proc/self/clear_refs").write_text("5")
    return now, peak


def watch(url: str, jobs: int, median: float) -> tuple[dict[str, int], float, float, float]:
    """
    Watch a batch from its submission to the last end.

    :return: the event, the longest block of the event loop, of the garbage collector, and CPU seconds.
    """
    get(f"{url}/start/{median}")
    chance, now = random.Random(7), time.time()
    with tempfile.TemporaryDirectory() as folder:
        with Path(folder, "jobs.jsonl").open("w") as file:
            for job_id in range(jobs):
                eta = duration_of(job_id, median) * (1 + chance.uniform(-ERROR, ERROR))
                file.write(json.dumps({"job_id": str(job_id), "submitted_at": now, "eta": eta}) + "\n")

        async def main() -> tuple[dict[str, int], float, float, float]:
            trigger = SwapJobsTrigger(
                provider="modelslab",
                conn_id=CONN_ID,
                deadline=now + 3600,
                jobs_url=f"file://{folder}/jobs.jsonl",
                base_url=url,
            )
            async with measuring() as found:
                event = await trigger.batch_event()
            return event, found.blocked, found.collected, found.cpu

        return asyncio.run(main())


def main(jobs: int) -> None:
    """Print what the batch cost."""
    silence()
    console = Console(width=110)
    with timed_vendor() as url:
        connect(url, max_connections=50)
        watch(url, 50, 2.0)  # what a process imports and sets up once is not counted
        get(f"{url}/counts")
        gc.collect()
        before, _ = memory()
        event, blocked, collected, cpu = watch(url, jobs, MEDIAN)
        _, peak = memory()
        counted = get(f"{url}/counts")
    late = sorted(counted["late"])
    mean, p95 = sum(late) / len(late), late[int(0.95 * len(late))]
    console.print(f"jobs                 {jobs}, ended {event['counts']}")
    console.print(f"polls per job        {event['polls'] / jobs:.2f}")
    console.print(f"lateness             mean {mean:.1%}, 95th percentile {p95:.1%}")
    console.print(f"connections          {counted['most_open']} at once")
    console.print(f"memory               {(peak - before) / jobs:.2f} KB a job at the peak")
    console.print(
        f"loop blocked         {1000 * blocked:.0f} ms at most, beside it GC {1000 * collected:.0f} ms"
    )
    console.print(f"CPU                  {cpu:.0f} s, {1000 * cpu / event['polls']:.2f} ms a poll")
    console.print(f"event                {len(json.dumps(event))} bytes")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else JOBS)
