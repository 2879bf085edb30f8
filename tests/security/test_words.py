"""Whatever a vendor repeats, and however it spells it: no key, signature or token is shown."""

from __future__ import annotations

import html
import json
from functools import partial
from urllib.parse import quote

import pytest

from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.hooks.redaction import redact

KEY = "sbx-3F9c1E7a"
SIGNATURE = "c0ffee5ec4e7"
TOKEN = f"1.aifaceswap.{'N' * 22}.1999999999.{SIGNATURE:x<43}"
URL = f"https://cdn.example.com/out/a.mp4?X-Amz-Signature={SIGNATURE}&Expires=1"


def once(text: str) -> str:
    return quote(text, safe="")


SPELLINGS = {
    "plain": URL,
    "json": json.dumps(URL).replace("/", "\\/"),
    "json in json": json.dumps(json.dumps(URL).replace("/", "\\/")),
    "url": once(URL),
    "url in url": once(once(URL)),
    "html": html.escape(URL).replace("/", "&#x2F;"),
    "html, decimal": URL.replace(":", "&#58;").replace("/", "&#47;").replace("=", "&#61;"),
    "unicode": URL.replace(":", "\\u003a").replace("/", "\\u002F").replace("=", "\\u003d"),
    "without a scheme": URL[8:],
    "broken over lines": URL.replace("?", "\r\n?"),
    "in quotes": URL.replace("?", "'?"),
    "of Google": f"x-goog-signature={SIGNATURE}",
    "of Azure": f"?sv=2024&sig=ab%2F{SIGNATURE}%3D",
    "of CloudFront": f"Policy=a&Signature={SIGNATURE}&Key-Pair-Id=b",
    "a password": f"https://me:{SIGNATURE}@cdn.example.com/",
    "a password in a url": once(f"https://me:{SIGNATURE}@cdn.example.com/"),
    "our callback": f"https://airflow.example.com/faceswap/callbacks/aifaceswap/{TOKEN}",
    "our callback's path": f"/faceswap/callbacks/aifaceswap/{TOKEN}",
    "our callback's token": TOKEN,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_signature_is_shown(spelling: str) -> None:
    shown = one_line({"message": [f"cannot read {SPELLINGS[spelling]}"]})
    assert SIGNATURE not in shown and shown.startswith("message: cannot read")


@pytest.mark.parametrize("key", [KEY, KEY.lower(), KEY.upper(), once(once(f"%{KEY}"))])
def test_a_key_is_masked_in_any_case(key: str) -> None:
    assert KEY.lower() not in one_line(f"wrong key {key}", partial(redact, secret=KEY)).lower()


@pytest.mark.parametrize("text", ["https:%2525", "https:\\\\", "https://%2540", "sig=%25", "1.aaa-"])
def test_a_text_of_beginnings_costs_little(text: str) -> None:
    assert one_line(text * 4000)


def test_empty_pieces_are_not_all_read() -> None:
    read: list[str] = []
    one_line([""] * 9000, lambda piece: read.append(piece) or piece)
    assert len(read) < 1000
