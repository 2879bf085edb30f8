"""The tables of docs/results.md name what there is, and nothing else."""

from __future__ import annotations

import json
import re

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.results import as_result
from airflow_provider_faceswap.execution.openlineage import dataset_name
from airflow_provider_faceswap.execution.reporting import extra_of
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
RESULT = as_result("modelslab", "x", Job(job_id="1", state=JobState.SUCCESS), submitted_at=None)


def rows(header: str) -> list[list[str]]:
    """Return the cells of the table under a header."""
    lines = PAGE[PAGE.index(f"\n| {header} |") + 1 :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def first_column(header: str) -> set[str]:
    return {name for row in rows(header) for name in re.findall(r"`(\w+)`", row[0])}


def test_every_key_of_a_result_has_its_row() -> None:
    assert first_column("key | meaning") == {*RESULT, "reused"}


def test_every_key_of_an_events_extra_has_its_row() -> None:
    assert first_column("key of `extra`") == set(extra_of({**RESULT, "reused": True}))


def test_every_field_of_a_provenance_line_has_its_row() -> None:
    schema = json.loads((ROOT / "docs" / "provenance.schema.json").read_text(encoding="utf-8"))
    assert first_column("field | meaning") == set(schema["properties"])


def test_the_names_of_datasets_are_those_that_are_used() -> None:
    for url, namespace, name in rows("path | namespace"):
        assert dataset_name(url.strip("`")) == (namespace.strip("`"), name.strip("`"))
