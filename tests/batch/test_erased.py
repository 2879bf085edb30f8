"""A row whose result a person had deleted: it is said, and not bought or fetched again in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowException

from airflow_provider_faceswap.batch.journal import BatchJournal
from airflow_provider_faceswap.batch.manifest import Ledger
from airflow_provider_faceswap.batch.record import erased_line
from airflow_provider_faceswap.journal.state import TaskState
from tests.batch.world import BatchWorld, rows

CLIP = "https://a.example/clip-0.mp4"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BatchWorld:
    """A batch of two rows, of which the first was erased."""
    world = BatchWorld(tmp_path, monkeypatch)
    world.start(rows(2))
    ledger = Ledger(f"file://{tmp_path}")
    ledger.load()
    (key,) = [key for key, line in ledger.lines.items() if line["index"] == 0]
    stored = ledger.lines[key]["stored"][0]
    Path(stored.removeprefix("file://")).unlink()
    ledger.lines[key] = erased_line(ledger.lines[key], 5.0)
    ledger.merge(ledger.lines)
    journal = BatchJournal(TaskState({"task_state_store": world.store}), None)
    journal.load_head()
    journal.erase(key, 5.0)
    world.vendor.looked_at.clear()
    return world


def test_its_line_names_no_media(world: BatchWorld) -> None:
    kept = (world.folder / "manifest.jsonl").read_text() + json.dumps(world.store.kept)
    assert "clip-0" not in kept
    assert "clip-1" in (world.folder / "manifest.jsonl").read_text()


@pytest.mark.parametrize("later", [False, True])
def test_neither_a_clear_nor_a_later_run_buys_or_fetches_it(world: BatchWorld, later: bool) -> None:
    if later:
        world.next_run()
    else:
        world.clear()
    with pytest.raises(
        AirflowException, match=r"row 0: job 100\d was erased on request at 1970-01-01 00:00:05"
    ):
        world.start(rows(2))
    assert world.statuses == ["failed", "success"]
    assert (world.vendor.bought[CLIP], world.vendor.looked_at) == (1, [])
    assert world.lines[0]["item"] == {}


def test_a_batch_that_allows_failures_goes_on_without_it(world: BatchWorld) -> None:
    world.next_run()
    summary = world.start(rows(3), max_failed=1)
    assert (summary["failed"], summary["reused"], summary["succeeded"]) == (1, 1, 2)
    assert world.vendor.bought[CLIP] == 1


@pytest.mark.parametrize("later", [False, True])
def test_it_is_bought_again_where_that_is_asked_for(world: BatchWorld, later: bool) -> None:
    if later:
        world.next_run()
        world.start(rows(2), overwrite=True)
    else:
        world.clear()
        world.start(rows(2), on_clear="resubmit")
    assert world.statuses == ["success", "success"]
    assert world.vendor.bought[CLIP] == 2
