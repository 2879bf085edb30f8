"""What the scale model prints, writes into its page, and compares with a real run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.scale.__main__ import asked, options, show
from benchmarks.scale.check import MEASURED, VIDEOS, compared, measured_run, polls, row_of
from benchmarks.scale.demand import BATCH, MAPPED
from benchmarks.scale.page import (
    breaks_table,
    content,
    filled,
    limits_table,
    needs_table,
    words,
)
from benchmarks.scale.report import LINES, amount, seconds
from benchmarks.scale.units import UNITS, read_units
from tests.benchmarks.scale_units import made_up
from tests.cluster import case
from tests.cluster.table import Row, Table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "scale.md"


@pytest.mark.parametrize(
    ("value", "text"), [(0.01234, "0.0123"), (12.345, "12.3"), (999.9, "1,000"), (1234.0, "1,230"), (0, "0")]
)
def test_a_number_has_the_digits_that_are_worth_it(value: float, text: str) -> None:
    assert amount(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.01, "0 s"), (12.0, "12 s"), (1200.0, "20 min"), (float("inf"), "without end")]
)
def test_a_duration_is_in_seconds_or_minutes(value: float, text: str) -> None:
    assert seconds(value) == text


def printed(*arguments: str) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    show(asked(options(list(arguments))), made_up(), console)
    return console.export_text()


def test_what_is_asked_for_is_shown_for_both_kinds_of_task() -> None:
    text = printed("--videos-per-hour", "3600", "--seconds", "100", "--plan-limit", "10")
    assert all(what in text for what in LINES)
    assert "mapped" in text and "batch" in text


def test_too_few_accounts_are_said_to_be_too_few() -> None:
    assert "accounts are not enough" in printed("--videos-per-hour", "3600", "--accounts", "2")
    assert "are not enough" not in printed("--videos-per-hour", "36", "--accounts", "2")


def test_what_one_of_does_not_carry_is_named_with_its_remedy() -> None:
    text = printed("--videos-per-hour", "3600")
    assert "one account whose plan allows 15 jobs carries" in text and "more accounts" in text


def test_the_page_has_a_column_for_each_step_and_kind() -> None:
    heading = needs_table(made_up()).splitlines()[0]
    assert heading.count("mapped") == heading.count("batch") == 3
    assert [words(each) for each in (10_000, 1_000_000, 100_000_000)] == [
        "10,000",
        "1 million",
        "100 million",
    ]


def test_the_page_says_what_breaks_first_at_each_step() -> None:
    rows = breaks_table(made_up()).splitlines()[2:]
    assert len(rows) == 6
    assert rows[0].startswith("| 10,000, mapped | one account whose plan allows 15 jobs")


def test_the_page_has_what_one_of_each_carries_by_kind() -> None:
    rows = limits_table(made_up()).splitlines()[2:]
    triggerer = next(row for row in rows if "triggerer of capacity" in row)
    assert triggerer.endswith("|  |")  # batches do not fill it


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    text = (
        "before\n<!-- scale -->\nold\n<!-- end of scale -->\n<!-- check -->\n<!-- end of check -->\nafter\n"
    )
    for _ in range(2):
        text = filled(text, made_up(), {"rows": 1.0})
    assert text.startswith("before\n<!-- scale -->\n###") and "old" not in text
    assert text.endswith("<!-- end of check -->\nafter\n") and text.count("| rows written |") == 1


def test_the_page_is_what_the_tool_writes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == filled(text, read_units(), measured_run()), (
        "docs/scale.md is not up to date: run python -m benchmarks.scale --page docs/scale.md"
    )


def test_each_unit_cost_names_what_measured_it() -> None:
    units = read_units()
    content(units)
    assert units.used
    for name, unit in units.used.items():
        assert unit.source.startswith("python -m benchmarks."), f"{name} in {UNITS}"


def test_the_run_that_is_predicted_is_that_of_the_cluster_test() -> None:
    from benchmarks.scale import check

    assert (check.MAPPED, check.BATCH, check.JOB_SECONDS) == (case.MAPPED, case.BATCH, case.JOB_SECONDS)
    assert VIDEOS == case.VIDEOS and len(case.VENDORS) == check.VENDORS


def test_a_row_of_the_cluster_tests_table_is_understood(tmp_path: Path) -> None:
    log = tmp_path / "log"
    table = Table(
        [Row("upgraded", 27, 27, 27, 200.0), Row("undisturbed", 27, 27, 27, 54.5, None, 5.25, 1.125)]
    )
    log.write_text(f"== the cluster's figures ==\n{table.text()}\n== 2 passed ==\n")
    assert row_of(log) == {"polls_per_job": 5.25, "cpu_per_video": 1.12, "lasted": 54.5}


def test_a_log_without_the_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("nothing\n")
    with pytest.raises(SystemExit, match="give the output of make cluster-test"):
        row_of(tmp_path / "log")


def test_polls_follow_the_providers_own_schedule() -> None:
    # At 0.895 of the eta, at 1.03 of it or so, and once more by the worker.
    assert 3 <= polls(made_up()) <= 5


@pytest.mark.parametrize("what", ["rows written", "PUT requests to the store", "polls per job"])
def test_the_recorded_run_is_within_a_factor_of_two_of_its_prediction(what: str) -> None:
    assert MEASURED.exists()
    found = {
        name: (expected, measured) for name, expected, measured in compared(read_units(), measured_run())
    }
    expected, measured = found[what]
    assert expected / 2 < measured < expected * 2


def test_a_batch_takes_less_of_everything_than_mapped_tasks() -> None:
    units = read_units()
    for figure in ("rows", "wal_bytes", "slot_seconds", "cpu.tasks", "cpu.scheduler", "cpu.api_server"):
        assert units.cost(BATCH, figure)[0] < units.cost(MAPPED, figure)[0]
