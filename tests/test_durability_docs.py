"""The table "what happens when" and the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)


def test_every_row_names_a_test_and_every_test_has_a_row() -> None:
    text = (ROOT / "docs" / "durability.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|") and "`test_" in line]
    named = [name for row in rows for name in re.findall(r"`(test_\w+)`", row)]
    files = (ROOT / "tests" / "system").glob("test_durability*.py")
    written = [name for path in files for name in TEST.findall(path.read_text(encoding="utf-8"))]

    assert sorted(named) == sorted(written)
    assert len(named) == len(rows), "one test a row"
