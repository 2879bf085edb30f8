"""What the benchmarks of an event loop have in common: triggers by the thousand, CPU, the longest block."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger

CONN_ID = "benchmark"
TICK = 0.005


@dataclass
class Measured:
    """
    What one run cost this process.

    :param cpu: seconds.
    :param blocked: the longest time in seconds for which the loop ran nothing else, without ...
    :param collected: ... the longest walk of Python's garbage collector, through all of Airflow.
    """

    cpu: float = 0.0
    blocked: float = 0.0
    collected: float = 0.0


def silence() -> None:
    """Print no logs, neither the standard library's nor Airflow's."""
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def connect(url: str, conn_id: str = CONN_ID, password: str = "benchmark-key", **extra: Any) -> None:
    """Define the Airflow connection to the stand-in vendor."""
    fields = {"conn_type": "modelslab", "host": url, "password": password, "extra": extra}
    os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(fields)


@asynccontextmanager
async def measuring() -> AsyncIterator[Measured]:
    """Measure CPU, and for how long the loop was blocked at most, as a task that ticks sees it."""
    found = Measured()
    collecting = [0.0, 0.0]  # since when, and how long altogether

    def on_collection(phase: str, info: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "stop" and collecting[0]:
            collecting[1] += now - collecting[0]
            found.collected = max(found.collected, now - collecting[0])
        collecting[0] = now if phase == "start" else 0.0

    async def tick() -> None:
        while True:
            due, before = time.perf_counter() + TICK, collecting[1]
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            # A collection in another thread holds the loop up, too, and may not have reported its end yet.
            collected = collecting[1] - before + (now - collecting[0] if collecting[0] else 0.0)
            found.blocked = max(found.blocked, now - due - collected)

    gc.callbacks.append(on_collection)
    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    cpu = time.process_time()
    try:
        yield found
    finally:
        found.cpu = time.process_time() - cpu
        await asyncio.sleep(2 * TICK)
        ticking.cancel()
        gc.callbacks.remove(on_collection)


async def run_triggers(number: int, seconds: float, conn_id: str = CONN_ID, **options: Any) -> None:
    """Run so many triggers of one job each for some time, then cancel them, as Airflow does."""
    now = time.time()

    async def one(job_id: int) -> None:
        job = {"job_id": str(job_id), "submitted_at": now}
        trigger = SwapJobsTrigger(
            provider="modelslab", conn_id=conn_id, jobs=[job], deadline=now + 3600, **options
        )
        async for _ in trigger.run():
            pass

    tasks = [asyncio.create_task(one(job_id)) for job_id in range(number)]
    await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
