"""The table "what happens when", the tests that it names and the messages that it quotes."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

from airflow_provider_faceswap.journal.store import Journal

ROOT = Path(__file__).parent.parent
TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)
TEXT = (ROOT / "docs" / "durability.md").read_text(encoding="utf-8")


def test_every_row_names_a_test_and_every_test_has_a_row() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|") and "`test_" in line]
    named = [name for row in rows for name in re.findall(r"`(test_\w+)`", row)]
    files = (ROOT / "tests" / "system").glob("test_durability*.py")
    written = [name for path in files for name in TEST.findall(path.read_text(encoding="utf-8"))]

    assert sorted(named) == sorted(written)
    assert len(named) == len(rows), "one test a row"


def test_what_a_failure_says_to_do_is_quoted_as_it_is() -> None:
    ti = SimpleNamespace(dag_id="DAG", run_id="RUN", task_id="TASK", map_index=-1)
    journal = Journal({"ti": ti, "task_state_store": object()})  # type: ignore[typeddict-item]
    quoted = " ".join(line[2:] for line in TEXT.splitlines() if line.startswith("> "))

    assert journal.how_to() == quoted
