"""Whatever a vendor repeats, and however it spells it: no key, signature or token is shown."""

from __future__ import annotations

import html
import json
from functools import partial
from typing import Any
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


@pytest.mark.parametrize("hidden", ["\0", "\u200b", "\u00ad", "\ufeff", "\0\0\0"])
def test_a_key_is_masked_where_it_is_spelt_with_characters_that_nobody_sees(hidden: str) -> None:
    """UTF-16 that is read as UTF-8 has a NUL after each letter."""
    said = one_line(f"wrong key {hidden.join(KEY)} for {hidden.join(URL)}", partial(redact, secret=KEY))
    assert said == "wrong key *** for https://cdn.example.com/…"


@pytest.mark.parametrize("text", ["https:%2525", "https:\\\\", "https://%2540", "sig=%25", "1.aaa-"])
def test_a_text_of_beginnings_costs_little(text: str) -> None:
    assert one_line(text * 4000)


def test_empty_pieces_are_not_all_read() -> None:
    read: list[str] = []
    one_line([""] * 9000, lambda piece: read.append(piece) or piece)
    assert len(read) < 1000


REAL = {
    "amazon": "5ec7e7" + "0123456789abcdef"[:10] + "0123456789abcdef" * 3,
    "google": "0123456789abcdef" * 32,
    "azure": "aB3/" + "c+4D" * 9 + "eF5=",
    "cloudfront": "Abc-12_~" * 40 + "__",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJ1cmwiOiJjbGlwcy9hLm1wNCJ9.QbG5-8kX_zV3xY7wN0",
    "token": "IQoJb3JpZ2luX2VjE" + "Abc123/+" * 40 + "==",
}


@pytest.mark.parametrize("signature", REAL.values(), ids=REAL)
@pytest.mark.parametrize(
    "parsed",
    [
        {"query": {"X-Amz-Signature": "{}"}},
        [["X-Amz-Signature", "{}"]],
        "'sig': '{}'",
        "sig: {}",
        "<SignatureProvided>{}</SignatureProvided>",
        "X-Amz-Signature\\x3d{}",
        'X-Amz-Signature = "{}"',
        "{}",
    ],
)
def test_a_signature_is_known_by_its_form(signature: str, parsed: Any) -> None:
    """A vendor may parse a URL before it repeats it, and then no name stands before the value."""
    words = json.loads(json.dumps(parsed).replace("{}", signature))
    for text in (words, quote(words, safe="") if isinstance(words, str) else words):
        said = one_line(text)
        assert signature not in said and quote(signature, safe="") not in said and "***" in said


@pytest.mark.parametrize(
    "words",
    [
        "s3://my_aws_conn@my-bucket/clips/2026/11/a-rather-long-name-of-a-clip-that-somebody-gave-it.mp4",
        "job 0123456789abcdef0123456789abcdef failed",
        "No face found in init_image, code 5ec7e70123456789",
        "policy: content_moderation_violation_detected",
    ],
)
def test_ordinary_words_stay(words: str) -> None:
    assert one_line(words) == words
