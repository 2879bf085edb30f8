"""
For how long a hostile vendor's reply to a poll blocks a triggerer's event loop.

Run ``python -m benchmarks.hostile_replies``. Each reply of 1 MB, the most that a triggerer reads, is sent
through the hook of each vendor that is polled, while the same loop notes the longest time it was not
served, in CPU time: what else runs on the machine does not count.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
from rich.console import Console
from rich.table import Table

from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.apis.request import MAX_POLL_REPLY, Poll
from airflow_provider_faceswap.apis.segmind import QueuedRequest
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.hooks.base import SwapHook
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.hooks.segmind import SegmindHook

KEY = "sbx-3f9c1e7a" * 4
ROUNDS = 5
POLLS: tuple[tuple[type[SwapHook], Poll], ...] = (
    (ModelsLabHook, Fetch(job_id="278")),
    (SegmindHook, QueuedRequest(job_id="278")),
)


def fill(start: str, piece: str, end: str) -> bytes:
    """Return the largest reply of a start, as many pieces as fit, and an end."""
    return (start + piece * ((MAX_POLL_REPLY - len(start) - len(end)) // len(piece)) + end).encode()


def said(piece: str) -> bytes:
    """Return a reply whose message repeats a piece, given as JSON spells it."""
    return fill('{"status":"failed","id":278,"message":"', piece, '"}')


JPEG = "/9j/4AAQ"
REPLIES: dict[str, bytes] = {
    "backslashes in the message": said("\\\\"),
    "backslashes alone": fill("", "\\", ""),
    "near misses of the key": said(KEY[:-1]),
    "near misses, spelled in JSON": said("".join(f"\\\\u{ord(char):04x}" for char in KEY[:-1])),
    "the key": said(KEY),
    "URLs": said("https://a@"),
    "escapes": said("\\u0061"),
    "lone surrogates": said("\\ud800"),
    "a list of keys": fill('{"status":"failed","message":[', json.dumps(KEY) + ",", '""]}'),
    "[": fill("", "[", ""),
    "[ up to the bound": b"[" * 9_900,
    '{"a":': fill("", '{"a":', ""),
    '{"a": up to the bound': b'{"a":' * 9_900,
    "lists in a list": fill('{"a":[', "[],", "1]}"),
    "lists in a list up to the bound": b'{"status":"failed","message":[' + b"[]," * 4_900 + b"1]}",
    "numbers": fill('{"status":"failed","message":[', "1,", "1]}"),
    "numbers up to the bound": b'{"status":"failed","message":[' + b"1e308," * 9_900 + b"1]}",
    "keys up to the bound": b"{%s}" % b",".join(b'"%d":1' % number for number in range(9_900)),
    "links": fill('{"status":"success","output":[', '"https://a/b",', '"x"]}'),
    "no links": b'{"status":"success","output":[' + b'"httpx",' * 9_900 + b'"x"]}',
    "one long link": fill('{"status":"success","output":"https://a/', "b", '"}'),
    "trailing commas": fill('{"a":1', ",   ", "}"),
    "commas": fill("", ",", ""),
    "blanks": fill("", " ", ""),
    "digits": fill('{"eta":', "9", "}"),
    "digits of a fraction": fill('{"eta":0.', "9", "}"),
    "digits in text": fill('{"eta":"', "9", '"}'),
    "broken UTF-8": b"\xff" * MAX_POLL_REPLY,
    "broken UTF-8 in the message": b'{"status":"failed","message":"' + b"\xff" * 1_000_000 + b'"}',
    "a page": fill("<html>", "<p>&#115;bx-", "</html>"),
    "base64 of a picture": fill('{"status":"COMPLETED","output":"' + JPEG, "A", '"}'),
    "base64 with blanks": fill('{"status":"COMPLETED","output":"' + JPEG, "A ", '"}'),
}


@contextmanager
def connection() -> Iterator[None]:
    """Define the vendors' default connections."""
    for name in ("modelslab", "segmind"):
        conn = json.dumps({"conn_type": name, "password": KEY, "host": "http://127.0.0.1:1"})
        os.environ[f"AIRFLOW_CONN_{name.upper()}_DEFAULT"] = conn
    yield


async def heartbeat(gaps: list[float]) -> None:
    """Note the CPU time of this process between two turns of the loop; its threads hold it up as well."""
    last = time.process_time()
    while True:
        await asyncio.sleep(0)
        now = time.process_time()
        gaps.append(now - last)
        last = now


async def longest_blocks(make_hook: Callable[..., SwapHook], poll: Poll, body: bytes) -> list[float]:
    """
    Return for how many milliseconds the loop was not served at most while a reply was read, by round.

    :param make_hook: the vendor's hook.
    :param poll: a poll.
    :param body: of the reply.
    """
    hook = make_hook(transport=httpx.MockTransport(lambda request: httpx.Response(200, content=body)))
    worst: list[float] = []
    async with hook.connected():
        for _ in range(ROUNDS):
            gaps: list[float] = []
            beating = asyncio.create_task(heartbeat(gaps))
            await asyncio.sleep(0.01)
            gaps.clear()
            with suppress(FaceSwapError):
                await hook.asend(poll)
            await asyncio.sleep(0)
            beating.cancel()
            worst.append(1000 * max(gaps))
    return sorted(worst)


def main() -> None:
    """Print the table, the worst reply last."""
    rows = []
    with connection():
        for hook, poll in POLLS:
            for name, body in REPLIES.items():
                gc.collect()
                rows.append((asyncio.run(longest_blocks(hook, poll, body)), hook.hook_name, name))
    table = Table("reply", "vendor", "median", "longest")
    for took, vendor, name in sorted(rows, key=lambda row: row[0][ROUNDS // 2]):
        table.add_row(name, vendor, f"{took[ROUNDS // 2]:.1f} ms", f"{took[-1]:.1f} ms")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
