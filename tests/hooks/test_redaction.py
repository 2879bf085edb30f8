"""The key is masked wherever it starts in what is shown, and no more than that is searched."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from airflow_provider_faceswap.apis.reading import MAX_PIECE
from airflow_provider_faceswap.hooks import redaction
from airflow_provider_faceswap.hooks.redaction import redact

KEY = 'sbx-"q/uo&ted\\key'
SPELLINGS = {
    "as it is": KEY,
    "json": json.dumps(KEY)[1:-1],
    "json of php": json.dumps(KEY)[1:-1].replace("/", "\\/"),
    "json, all escaped": "".join(f"\\u{ord(char):04X}" for char in KEY),
    "json, escaped four times": "".join(f"{8 * chr(92)}u{ord(char):04x}" for char in KEY),
    "html": html.escape(KEY),
    "html, all escaped": "".join(f"&#x{ord(char):x};" for char in KEY),
    "url": quote(KEY, safe=""),
    "json in json": json.dumps(json.dumps(KEY))[1:-1],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_the_key_is_known(spelling: str) -> None:
    assert redact(f"key {SPELLINGS[spelling]}!", KEY) in ("key ***!", 'key \\"***\\"!')


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("before", range(1, 260, 7))
def test_a_key_across_the_bound_leaves_no_half(spelling: str, before: int) -> None:
    shown = redact("." * (MAX_PIECE - before) + SPELLINGS[spelling] + "." * 99, KEY)
    assert set(shown) <= set('.*\\"'), "JSON in JSON has quotes around the key"


def test_a_key_that_starts_after_the_bound_is_not_shown() -> None:
    assert redact("." * MAX_PIECE + KEY, KEY) == "." * MAX_PIECE


class Spy:
    """Notes how much text is searched."""

    def __init__(self) -> None:
        self.searched = 0

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        self.searched += len(text)
        return re.finditer("key", text)


@pytest.mark.parametrize("piece", ["\\", KEY[:-1], "%73", "key"])
def test_no_more_is_searched_than_can_be_shown(monkeypatch: pytest.MonkeyPatch, piece: str) -> None:
    spy = Spy()
    monkeypatch.setattr(redaction, "secret_pattern", lambda secret: spy)
    assert len(redact(piece * 1_000_000, KEY)) <= MAX_PIECE
    assert spy.searched < MAX_PIECE + 16 * len(KEY)
