"""The tables and figures of docs/batch.md are those of the code."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from airflow_provider_faceswap.batch import block, collecting, manifest, pattern, summary
from airflow_provider_faceswap.batch.item import Rules
from airflow_provider_faceswap.batch.items import faults, lists, reading, rows, values
from airflow_provider_faceswap.batch.items.rows import make_rows
from airflow_provider_faceswap.batch.journal import KEY
from airflow_provider_faceswap.batch.plan import DEFAULT_ACTIVE
from airflow_provider_faceswap.batch.record import Record, Status
from airflow_provider_faceswap.execution import pause
from airflow_provider_faceswap.execution.reporting import report_batch
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.operators.batch import PATIENCE
from airflow_provider_faceswap.triggers.base import MIN_EVENT_SECONDS
from airflow_provider_faceswap.triggers.joblist import PATIENCE as UNREADABLE
from benchmarks.scale.queueing import durations, waves
from benchmarks.scale.units import read_units
from tests.docs.blocks import BLOCKS, ROOT

PAGE = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())
MB = 1024 * 1024
SUMMARY = summary.summarize([], Rules("task.0"), cost=None, manifest="", seconds=0, stopped="")


def table(header: str) -> list[list[str]]:
    """Return the cells of the table whose header begins so."""
    text = PAGE[PAGE.index(f"\n| {header} |") + 1 :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text[2:]]


def names(header: str) -> list[str]:
    return [name for row in table(header) for name in re.findall(r"`(\w+)`", row[0])]


def test_every_field_of_a_line_has_its_row() -> None:
    record = Record.of_entry("key", "single_video_swap", Entry(state=State.REFUSED), "task.0")
    assert sorted(names("field | meaning")) == sorted([*record.line(None, {}, {}), "time"])


def test_every_key_of_a_summary_has_its_row() -> None:
    assert names("key | meaning") == list(SUMMARY)


def test_every_status_has_its_row() -> None:
    found = names("status | meaning")
    assert sorted(found) == sorted(status.value for status in Status)


def test_every_key_of_an_events_extra_is_listed() -> None:
    task = SimpleNamespace(outlets=[])
    report_batch(task, {}, "modelslab", SUMMARY)  # type: ignore[typeddict-item]
    results = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    listed = results.partition("Its `extra` holds ")[2].partition(".\n")[0]
    assert re.findall(r"`(\w+)`", listed) == list(task.reported)


def test_the_limits() -> None:
    limits = dict(table("limit | value"))
    assert limits == {
        "rows in the Dag's code": f"{reading.MAX_LITERAL}",
        "rows of a batch": f"{reading.MAX_ROWS:,}",
        "a row": f"{values.MAX_ROW // 1024} KB",
        "all rows together": f"{rows.MAX_LIST // MB} MB",
        "a line of a file": f"{lists.MAX_LINE // MB} MB",
        "a file of rows": f"{lists.MAX_FILE // MB} MB",
        "a `.json` list": f"{lists.MAX_JSON // MB} MB",
    }


def test_the_figures_in_the_text() -> None:
    said = (
        f"first {faults.SHOWN} faults",
        f"blocks of at most {block.BLOCK}.",
        f"at most one block in doubt, {block.BLOCK} items",
        f"the last {pattern.REFUSALS} submissions of this try were all refused in the same words",
        f"or the last {pattern.DOUBTS} are all in doubt",
        f"one part of more than {manifest.MANY} small ones",
        f"and {DEFAULT_ACTIVE} where that is empty",
        f"up to {collecting.SIDE_BY_SIDE} files side by side",
        f"{PATIENCE:.0f} seconds have passed since the first job ended",
        f"in the first {MIN_EVENT_SECONDS:.0f} seconds",
        f"again after {pause.FIRST_PAUSE:.0f} seconds, then after longer pauses of up to "
        f"{pause.MAX_PAUSE / 60:.0f} minutes",
        f"the key `{KEY}/{{key}}` in the task's state store",
    )
    assert [words for words in said if words not in PROSE] == []
    assert UNREADABLE == 60 and "cannot read for a minute" in PROSE
    assert summary.MAX_FAILURES == 10 and "up to ten items without a result" in PROSE


def test_what_a_queue_limit_makes_of_ten_thousand_clips() -> None:
    """As the page rounds it: half-hours and quarters of an hour, whole clips, and two digits."""
    clips, seconds, units = 10_000, 120, read_units()
    for limit, at_best, in_waves, returns in table("queue limit | at best"):
        best = clips / int(limit) * seconds
        assert at_best == duration(best)
        filled = waves(int(limit), durations(seconds, 0.3), units["crowd.late"], units["batch.turn"])
        numbers = [int(number) for number in re.findall(r"\d+", in_waves)]
        assert "hour" in in_waves
        shown = numbers[0] * 3600 + sum(numbers[1:]) * 60
        assert shown == pytest.approx(best / filled.use, rel=0.03)
        wave, times = (int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", returns))
        assert wave == pytest.approx(filled.videos_per_start, abs=1.5)
        assert times == pytest.approx(clips / filled.videos_per_start, rel=0.03)


def duration(seconds: float) -> str:
    minutes = int(seconds / 60)
    return f"{minutes // 60} hour{'s' * (minutes >= 120)} {minutes % 60} minutes"


def test_the_rows_of_the_page_are_rows() -> None:
    common = {"face": "s3://my_aws_conn@my-bucket/faces/new-face.jpg"}
    (listed,) = [one.text for one in BLOCKS if (one.page, one.language) == ("docs/batch.md", "jsonl")]
    made = make_rows(map(json.loads, listed.splitlines()), provider="modelslab", common=common)
    assert [row.output_name for row in made] == ["beach", "city"]
