"""
Whether callbacks, hostile or real, delay Airflow's own API.

Run ``python -m benchmarks.hostile``. A real API server is asked for ``/api/v2/version`` all the time, alone
and while another process sends a thousand callbacks over sixteen connections, as fast as they are answered:
none (missing pages, for comparison), hostile ones, a different body each time for one job, the same body each
time for one job, and one for each of a thousand jobs.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex

import aiohttp
import httpx
from rich.console import Console
from rich.table import Table

from airflow_provider_faceswap.callbacks.tokens import mint
from harness.cluster import Cluster
from tests.callbacks.hostile import DONE, Hostile, hostile

CALLS, AT_ONCE, PAUSE, VENDOR = 1000, 16, 0.01, "aifaceswap"


async def send(url: str, calls: list[Hostile]) -> Counter[str]:
    """
    Send calls over several connections.

    :param url: of the API server.
    :return: how often each status came; "closed" counts connections that were closed on too large a body.
    """
    statuses: Counter[str] = Counter()
    rest = iter(calls)

    async def parts(body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), 16_384):
            yield body[start : start + 16_384]

    async def one(session: aiohttp.ClientSession) -> None:
        for call in rest:
            data = parts(call.body) if call.chunked else call.body
            try:
                async with session.post(f"{url}/faceswap/callbacks{call.path}", data=data) as reply:
                    statuses[str(reply.status)] += 1
            except aiohttp.ClientError:
                statuses["closed"] += 1

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one(session) for _ in range(AT_ONCE)))
    return statuses


def ask(url: str, sending: subprocess.Popen[bytes] | None) -> tuple[str, ...]:
    """Ask for the version until the sender is done, or for 5 s; median, 99th percentile and worst."""
    took, end = [], time.monotonic() + 5
    with httpx.Client(base_url=url, trust_env=False) as client:
        while sending.poll() is None if sending else time.monotonic() < end:
            started = time.monotonic()
            client.get("/api/v2/version").raise_for_status()
            took.append(1000 * (time.monotonic() - started))
            time.sleep(PAUSE)
    figures = (statistics.median(took), statistics.quantiles(took, n=100)[98], max(took))
    return tuple(f"{ms:.0f} ms" for ms in figures)


def main() -> None:
    """Print the table."""
    table = Table("meanwhile", "answers", "seconds", "/api/v2/version", "p99", "worst")
    secret = token_hex(32)
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder, "airflow"), [Path(folder)])
        cluster.env |= {
            "AIRFLOW__FACESWAP__CALLBACK_SECRET": secret,
            "AIRFLOW__FACESWAP__INBOX": f"file://{folder}/inbox",
        }
        with cluster:
            time.sleep(15)  # Airflow is busy with its start
            table.add_row("nothing", "", "", *ask(cluster.url, None))
            for what in ("plain", "hostile", "flood", "repeats", "real"):
                command = [sys.executable, "-m", "benchmarks.hostile", cluster.url, secret, what]
                started = time.monotonic()
                with subprocess.Popen(command, stdout=subprocess.PIPE) as sending:
                    asked = ask(cluster.url, sending)
                    assert sending.stdout
                    statuses = json.loads(sending.stdout.read())
                answers = ", ".join(f"{number} x {status}" for status, number in sorted(statuses.items()))
                seconds = f"{time.monotonic() - started:.1f}"
                table.add_row(f"{CALLS:,} {what}", answers, seconds, *asked)
    Console(width=120).print(table)


def calls(secret: str, what: str) -> list[Hostile]:
    """Return what is sent: see the module's text."""
    if what == "plain":
        return [Hostile("/../../faceswap/", b"", {404})] * CALLS
    tokens = [mint(VENDOR, [secret], time.time() + 600) for _ in range(CALLS)]
    if what == "hostile":
        return list(hostile(secret, tokens[0], CALLS))
    path = f"/{VENDOR}/{tokens[0].text}"
    if what == "flood":
        return [Hostile(path, b"[%d]" % number, {200, 409, 429}) for number in range(CALLS)]
    if what == "repeats":
        return [Hostile(path, DONE, {200})] * CALLS
    return [Hostile(f"/{VENDOR}/{token.text}", DONE, {200}) for token in tokens]


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(asyncio.run(send(sys.argv[1], calls(*sys.argv[2:])))))
    else:
        main()
