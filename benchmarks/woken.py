"""
What callbacks save where a vendor is polled: polls per job, and how late an end is seen.

Run ``python -m benchmarks.woken [jobs]``; it takes two minutes. Videos are bought from the sandbox, with
etas that are right within 20 %, first without and then with ``use_callback``. The receiver runs beside it on
loopback. One trigger for each job waits in this process's one event loop. Lateness is from the end of a job
at the sandbox to the trigger's event; each job is polled once more to collect it, which is counted.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

import uvicorn
from rich.console import Console
from rich.table import Table

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.callbacks.app import make_app
from airflow_provider_faceswap.execution.completion import Completion, completion_for
from airflow_provider_faceswap.hooks import hook_for
from airflow_provider_faceswap.sandbox.jobs.progress import Progress
from airflow_provider_faceswap.sandbox.server import SandboxServer
from benchmarks.loop import CONN_ID, connect, silence
from harness.cluster import free_port

JOBS, SHORTEST, LONGEST, ERROR = 40, 15.0, 50.0, 0.2


@contextmanager
def receiving(folder: str) -> Iterator[None]:
    """Run the receiver on loopback, with an inbox of its own."""
    port = free_port()
    os.environ |= {
        "AIRFLOW__FACESWAP__CALLBACK_BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__FACESWAP__CALLBACK_SECRET": token_hex(32),
        "AIRFLOW__FACESWAP__INBOX": f"file://{folder}",
        "NO_PROXY": "127.0.0.1",
    }
    from fastapi import FastAPI

    app = FastAPI()
    app.mount("/faceswap", make_app())
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def buy(completion: Completion, sandbox: SandboxServer, jobs: int) -> list[Ticket]:
    """Buy videos of random lengths, the same in each round."""
    chance, deadline = random.Random(7), time.time() + 600
    request = vendor("modelslab").operations["single_video_swap"]
    tickets = []
    for number in range(jobs):
        seconds = chance.uniform(SHORTEST, LONGEST)
        eta = seconds * (1 + chance.uniform(-ERROR, ERROR))
        sandbox.backend.progress.clear()
        sandbox.backend.progress.add(Progress(after_seconds=seconds, eta=eta))
        samples = f"{sandbox.url}/samples"
        media = {"init_image": f"{samples}/hopper.jpg", "init_video": f"{samples}/clip.mp4?{number}"}
        asked, nonce = completion.addressed(request.checked(media), deadline)
        bought_at = time.time()
        job = completion.hook.send(asked)
        tickets.append(Ticket(job.job_id, bought_at, deadline, eta=job.eta, nonce=nonce))
    return tickets


async def wait(completion: Completion, tickets: list[Ticket]) -> dict[str, float]:
    """Let a trigger wait for each job; return when each fired, by the monotonic clock."""
    fired: dict[str, float] = {}

    async def one(ticket: Ticket) -> None:
        async for _ in completion.trigger(ticket, deadline=ticket.deadline).run():
            fired[ticket.job_id] = time.monotonic()
        await asyncio.to_thread(completion.poll, ticket)

    await asyncio.gather(*map(one, tickets))
    return fired


def measure(jobs: int, *, use_callback: bool) -> tuple[float, list[float]]:
    """Return the polls per job, and how late each end was seen, in seconds."""
    with SandboxServer() as sandbox:
        connect(sandbox.url, password=sandbox.key)
        hook, request = hook_for("modelslab", CONN_ID), vendor("modelslab").operations["single_video_swap"]
        completion = completion_for("modelslab", hook, request, use_callback=use_callback)
        tickets = buy(completion, sandbox, jobs)
        fired = asyncio.run(wait(completion, tickets))
        found = {str(job.id): job for job in sandbox.backend.jobs.listing()}
        late = [fired[ticket.job_id] - (found[ticket.job_id].ended_at or 0.0) for ticket in tickets]
        return sum(job.fetches for job in found.values()) / jobs, late


def main(jobs: int = JOBS) -> None:
    """Print the table."""
    silence()
    table = Table("use_callback", "polls per job", "late, mean", "late, worst")
    with tempfile.TemporaryDirectory() as folder, receiving(folder):
        for use_callback in (False, True):
            polls, late = measure(jobs, use_callback=use_callback)
            table.add_row(
                str(use_callback), f"{polls:.2f}", f"{statistics.mean(late):.2f} s", f"{max(late):.2f} s"
            )
    console = Console(width=100)
    console.print(table)
    console.print(f"{jobs} videos of {SHORTEST:.0f} to {LONGEST:.0f} s; etas right within {ERROR:.0%}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
