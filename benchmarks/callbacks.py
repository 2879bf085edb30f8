"""
What a thousand waiting callbacks cost one triggerer process, and how soon it sees them.

Run ``python -m benchmarks.callbacks``. A thousand real triggers wait in one event loop, first for nothing,
then while another process leaves a callback for each of them, over half a minute or as fast as it can; on a
local inbox and on moto's S3. CPU is this process's own, as a share of one core. A pick-up counts from a
callback's arrival to the trigger's event; the triggers are past their first 8 s, in which none comes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from secrets import token_hex

import httpx
import structlog
from rich.console import Console
from rich.table import Table

from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.triggers.base import MIN_EVENT_SECONDS
from airflow_provider_faceswap.triggers.callbacks import SwapCallbackTrigger
from benchmarks.loop import measuring

TRIGGERS, IDLE = 1000, 30.0
VENDOR = "aifaceswap"
MOTO = """
import logging, sys
logging.getLogger("werkzeug").setLevel(logging.ERROR)
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


def nonce(number: int) -> str:
    """Return the nonce of one of the jobs."""
    return f"{number:0>22}"


def arrive(url: str, seconds: float) -> list[float]:
    """Put a callback for each job into the inbox, over some time, and return when each was there."""
    started, inbox = time.time(), Inbox(url)

    def put(number: int) -> float:
        time.sleep(max(0.0, started + number * seconds / TRIGGERS - time.time()))
        body = {"success": 1, "type": 1, "task_id": f"job{number}", "result_image": "https://example.com/r"}
        inbox.put(VENDOR, nonce(number), json.dumps(body).encode())
        return time.time()

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(put, range(TRIGGERS)))


async def wait(url: str, seconds: float) -> tuple[float, float, list[float], float]:
    """
    Let the triggers wait, then let their callbacks come.

    :return: CPU share while nothing comes, while all come, the pick-ups, and the loop's longest block.
    """
    fired = [0.0] * TRIGGERS

    async def one(number: int) -> None:
        jobs = [{"nonce": nonce(number), "job_id": f"job{number}"}]
        async for event in SwapCallbackTrigger(provider=VENDOR, jobs=jobs, deadline=time.time() + 3600).run():
            assert event.payload["counts"] == {"called_back": 1}
            fired[number] = time.time()

    tasks = [asyncio.create_task(one(number)) for number in range(TRIGGERS)]
    await asyncio.sleep(MIN_EVENT_SECONDS)
    cpu = time.process_time()
    await asyncio.sleep(IDLE)
    idle = (time.process_time() - cpu) / IDLE
    started = time.monotonic()
    async with measuring() as busy:
        command = (sys.executable, "-m", "benchmarks.callbacks", url, str(seconds))
        arriving = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        output, _ = await arriving.communicate()
        await asyncio.gather(*tasks)
    lasted = time.monotonic() - started
    late = [at - came for at, came in zip(fired, json.loads(output.splitlines()[-1]), strict=True)]
    return idle, busy.cpu / lasted, late, busy.blocked


@contextmanager
def moto() -> Iterator[str]:
    """Run moto's server in a process of its own, with a bucket; its URL."""
    process = subprocess.Popen([sys.executable, "-c", MOTO], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout and process.stdin
    url = f"http://127.0.0.1:{int(process.stdout.readline())}"
    extra = {"region_name": "us-east-1", "endpoint_url": url}
    connection = {"conn_type": "aws", "login": "key", "password": "secret", "extra": extra}
    os.environ |= {"AIRFLOW_CONN_BENCHMARK_S3": json.dumps(connection), "NO_PROXY": "127.0.0.1"}
    httpx.put(f"{url}/bucket")
    try:
        yield "s3://benchmark_s3@bucket"
    finally:
        process.stdin.close()
        process.wait()


def main() -> None:
    """Print the table."""
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    table = Table(
        "inbox", "they come", "CPU, waiting", "CPU, arriving", "pick-up", "worst", "blocked at most"
    )
    with tempfile.TemporaryDirectory() as folder, moto() as bucket:
        for kind, root in (("file", f"file://{folder}"), ("s3", bucket)):
            for how, seconds in (("over 30 s", 30.0), ("at once", 0.0)):
                url = os.environ["AIRFLOW__FACESWAP__INBOX"] = f"{root}/{token_hex(4)}"
                idle, busy, late, blocked = asyncio.run(wait(url, seconds))
                median, worst = statistics.median(late), max(late)
                table.add_row(
                    kind, how, f"{idle:.2%}", f"{busy:.1%}", f"{median:.1f} s", f"{worst:.1f} s",
                    f"{1000 * blocked:.0f} ms",
                )  # fmt: skip
    console = Console(width=120)
    console.print(table)
    console.print(f"{TRIGGERS} triggers in one loop; each callback is listed, read and matched")


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(arrive(sys.argv[1], float(sys.argv[2]))))
    else:
        main()
