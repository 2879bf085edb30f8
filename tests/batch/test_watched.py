"""What a batch tells those who watch it: its progress, and Airflow's metrics."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import pytest
from airflow.sdk.observability.stats import Stats

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.progress import KEY
from airflow_provider_faceswap.exceptions import InDoubtError, NotSentError, RefusedError
from tests.batch.world import BatchWorld, rows

NAMES = ("modelslab", "single_video_swap")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()

    def incr(stat: str, count: Any, *, tags: dict[str, str]) -> None:
        found[(stat, tags["provider"], tags["operation"])] += count

    monkeypatch.setattr(Stats, "incr", incr, raising=False)
    return found


def test_each_end_of_an_item_is_counted_once(world: BatchWorld, counted: Counter[Any]) -> None:
    media = [row["target"] for row in rows(6)]
    world.vendor.states = {media[0]: JobState.FAILED}
    world.vendor.answers_to = {
        media[1]: [InDoubtError("cut")],
        media[2]: [RefusedError("no face", final=True)],
        media[3]: [NotSentError("no route")],
    }
    world.start(rows(6), max_failed=5)
    polls = counted.pop(("faceswap.polls", *NAMES))
    assert counted == {
        ("faceswap.submitted", *NAMES): 4,
        ("faceswap.in_doubt", *NAMES): 1,
        ("faceswap.failed", *NAMES): 2,
        ("faceswap.succeeded", *NAMES): 3,
    }
    assert polls == len(world.vendor.looked_at)


def test_a_retry_counts_nothing_again(world: BatchWorld, counted: Counter[Any]) -> None:
    world.die(rows(3), "write manifest.jsonl")
    before = counted.copy()
    world.start(rows(3))
    assert counted == before


def test_the_polls_of_the_trigger_count(
    world: BatchWorld, counted: Counter[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def event() -> dict[str, Any]:
        return {"problem": "not watched", "polls": 1000}

    monkeypatch.setattr(world.vendor, "batch_event", event)
    world.start(rows(2))
    assert counted[("faceswap.polls", *NAMES)] == 1000 + len(world.vendor.looked_at)


def test_metrics_that_fail_do_not_fail_a_batch(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError

    monkeypatch.setattr(Stats, "incr", fail, raising=False)
    assert world.start(rows(2))["succeeded"] == 2


def test_progress_is_said_while_a_batch_runs_and_when_it_has_ended(
    world: BatchWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="airflow_provider_faceswap.batch.progress")
    world.start(rows(40), max_active_jobs=10)
    said = [record.getMessage() for record in caplog.records if record.getMessage().startswith("Batch: ")]
    assert said[-1] == "Batch: 40 of 40 done (40 succeeded); 30 a minute"
    assert said[0] == "Batch: 20 of 40 done (20 succeeded), 20 left; 30 a minute, end expected at 08:01 UTC"
    # Twenty seconds a wave: not each wait is worth a line.
    assert 1 < len(said) < len(world.waits)
    kept = world.store.get(KEY)
    assert (kept["done"], kept["left"], kept["expected_end"]) == (40, 0, None)
