"""What strangers, and vendors with a bug, send to the receiver."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from secrets import token_hex
from typing import NamedTuple

from airflow_provider_faceswap.callbacks.tokens import Token, mint

MONTH = 30 * 86400
DONE = (
    b'{"success": 1, "type": 1, "task_id": "ac3eb7", "result_image": "https://temp.example.com/result.webp"}'
)


class Hostile(NamedTuple):
    """One call, and the statuses that may answer it."""

    path: str
    body: bytes
    statuses: set[int]
    chunked: bool = False


def hostile(secret: str, token: Token, number: int) -> Iterator[Hostile]:
    """
    Make calls that must change nothing.

    :param secret: the receiver's own.
    :param token: of a job whose callback, ``DONE``, has come already.
    :param number: how many calls.
    """
    now, dice = time.time(), random.Random(number)
    real = f"/{token.vendor}/{token.text}"
    for index in range(number):
        other = mint(token.vendor, [token_hex(32)], now + 600).text
        at = dice.randrange(len(token.text) - 44, len(token.text))
        char = dice.choice([char for char in "ABCabc019-_" if char != token.text[at]])
        rubbish = [b"", b"{", b"null", b"\x00\xff" * 99, b"[" * 60_000, dice.randbytes(500), b"a=b&c"]
        large = b'{"a": "' + b"x" * dice.choice([65_536, 300_000, 1_000_000]) + b'"}'
        yield (
            Hostile(f"/{token.vendor}/{other}", DONE, {401}),
            Hostile(f"/{token.vendor}/{token.text[:at] + char + token.text[at + 1 :]}", DONE, {401}),
            Hostile(f"/modelslab/{token.text}", DONE, {401}),
            Hostile(f"/{token.vendor}/{mint(token.vendor, [secret], now - MONTH - 60).text}", DONE, {401}),
            Hostile(f"/{token.vendor}/..%2f..%2f{token.text}", DONE, {404}),
            Hostile(f"/{token.vendor}/{token_hex(500)}", large, {401}),
            Hostile(real, DONE, {200}),
            Hostile(real, large, {413}),
            Hostile(real, large, {413}, chunked=True),
            Hostile(real, dice.choice(rubbish), {422}),
        )[index % 10]
