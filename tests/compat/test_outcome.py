from __future__ import annotations

from pathlib import Path

import pytest

from compat.outcome import Counts, Outcome, table

REPORT = """<?xml version="1.0"?><testsuites>
<testsuite tests="10" failures="1" errors="2" skipped="3"/>
<testsuite tests="5" failures="0" errors="0" skipped="0"/></testsuites>"""


def test_a_report_is_counted(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(REPORT)
    assert Counts.read(tmp_path / "report.xml") == Counts(passed=9, failed=3, skipped=3)


def test_a_report_that_is_missing_is_a_failure(tmp_path: Path) -> None:
    assert Counts.read(tmp_path / "report.xml") == Counts(failed=1)


@pytest.mark.parametrize(
    ("counts", "good"),
    [(Counts(3, 0, 1), True), (Counts(3, 1, 0), False), (Counts(0, 0, 4), False), (None, False)],
)
def test_a_cell_is_good_if_tests_passed_and_none_failed(counts: Counts | None, good: bool) -> None:
    assert Outcome("3.2.0", "3.10", "newest", counts).good is good


def test_the_table_shows_each_cell_and_why_one_was_left_out() -> None:
    rows = [
        Outcome("3.2.0", "3.10", "2026-04-15", Counts(3, 0, 1) + Counts(1, 0, 0), seconds=90),
        Outcome("3.3.2", "3.13", "newest", reason="skipped: no Python 3.13 here"),
    ]
    assert table(rows).splitlines() == [
        "| Airflow | Python | other packages | passed | failed | skipped | minutes |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| 3.2.0 | 3.10 | 2026-04-15 | 4 | 0 | 1 | 1.5 |",
        "| 3.3.2 | 3.13 | newest | skipped: no Python 3.13 here |  |  |  |",
    ]
