"""
What a thousand triggers of one connection cost in one event loop.

Run ``python -m benchmarks.pool``. The vendor is a process of its own on loopback, whose CPU is not counted.
First the cost of a poll: the same requests by a plain httpx client for each, by one for each trigger, by one
for all, and by the hook over its pool, with all that it does beside: turns, reading the reply, masking the
key. Then a thousand real triggers, started at once: connections, calls a second, longest block of the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from rich.console import Console
from rich.table import Table

from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from benchmarks.loop import CONN_ID, Measured, connect, measuring, run_triggers, silence
from benchmarks.vendor import counts, vendor

TRIGGERS, POLLS, CONNECTIONS = 300, 8, 50
CROWD, CROWD_SECONDS, RATE = 1000, 8.0, 40.0
LOOK = Fetch(job_id="278")
Poll = Callable[[], Awaitable[object]]


async def each_poll(url: str) -> None:
    """A plain httpx client for every poll."""

    async def poll() -> None:
        async with httpx.AsyncClient(verify=False) as client:
            await client.post(url, json={"key": "benchmark-key"})

    await _rounds([poll] * TRIGGERS)


async def each_trigger(url: str) -> None:
    """A plain httpx client for every trigger."""
    clients = [httpx.AsyncClient(verify=False) for _ in range(TRIGGERS)]
    await _rounds([lambda one=client: one.post(url, json={"key": "benchmark-key"}) for client in clients])
    for client in clients:
        await client.aclose()


async def one_for_all(url: str) -> None:
    """A plain httpx client for all."""
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(verify=False, limits=limits) as client:
        await _rounds([lambda: client.post(url, json={"key": "benchmark-key"})] * TRIGGERS)


async def our_pool(url: str) -> None:
    """The hook."""
    hooks = [ModelsLabHook(CONN_ID) for _ in range(TRIGGERS)]
    async with hooks[0].connected():
        await _rounds([lambda one=hook: one.asend(LOOK) for hook in hooks])


async def _rounds(polls: list[Poll]) -> None:
    async def trigger(poll: Poll) -> None:
        for _ in range(POLLS):
            await poll()
            await asyncio.sleep(0)

    await asyncio.gather(*(trigger(poll) for poll in polls))


async def _cost(client: Callable[[str], Awaitable[None]], url: str) -> Measured:
    async with measuring() as found:
        await client(url)
    return found


def polls(url: str, console: Console) -> None:
    """Print what a poll costs by each kind of client."""
    connect(url, max_connections=CONNECTIONS)
    path = url + LOOK.path({"namespace": "faceswap"})
    table = Table(
        "a client for",
        "connections",
        "CPU per poll",
        "of httpx for all",
        "loop blocked at most",
        "beside it GC",
    )
    asyncio.run(_cost(our_pool, path))  # imports are measured with the crowd
    found = {}
    for client in (one_for_all, each_poll, each_trigger, our_pool):
        counts(url)
        found[client] = asyncio.run(_cost(client, path))
        ratio = found[client].cpu / found[one_for_all].cpu
        cost = 1000 * found[client].cpu / (TRIGGERS * POLLS)
        table.add_row(
            client.__name__.replace("_", " "),
            str(counts(url)["connections"]),
            f"{cost:.2f} ms",
            f"{ratio:.2f}",
            f"{1000 * found[client].blocked:.0f} ms",
            f"{1000 * found[client].collected:.0f} ms",
        )
    console.print(table)


async def _crowd() -> Measured:
    async with measuring() as found:
        await run_triggers(CROWD, CROWD_SECONDS, poll_interval=2.0)
    return found


def crowd(url: str, console: Console) -> None:
    """Print what a thousand triggers do that start at once."""
    table = Table(
        "triggers",
        "calls a second, at most",
        "calls a second",
        "connections",
        "loop blocked at most",
        "beside it GC",
    )
    for rate in (None, RATE):
        connect(url, max_connections=CONNECTIONS, requests_per_second=rate)
        counts(url)
        found = asyncio.run(_crowd())
        seen = counts(url)
        arrivals = seen["arrivals"]
        throttle = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])
        table.add_row(
            str(CROWD),
            str(rate or "no limit"),
            f"{throttle:.1f}",
            f"{seen['most_open']} at once, {seen['open']} left",
            f"{1000 * found.blocked:.0f} ms",
            f"{1000 * found.collected:.0f} ms",
        )
    console.print(table)


def main() -> None:
    """Print both tables."""
    silence()
    console = Console(width=110)
    with vendor() as url:
        # First, while nothing is imported yet that the first trigger of a process has to import.
        crowd(url, console)
        polls(url, console)


if __name__ == "__main__":
    main()
