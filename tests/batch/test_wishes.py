"""What a person decides about a batch in the UI: rows in doubt settled, and no more submitted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import SettingsError
from tests.batch.world import BatchWorld, TakenError, rows

FIRST, SECOND = (row["target"] for row in rows(2))


def shown(world: BatchWorld, index: int) -> dict[str, str]:
    """Return what the page shows of a row."""
    (line,) = [line for line in world.lines if line["index"] == index]
    return {"attempt": line["submitted_at"], "key": line["key"]}


def decide(world: BatchWorld, wishes: dict[int, dict[str, Any]]) -> None:
    """Decide as the page does: one value for all rows, then a clear."""
    found = {str(n): {"id": "d1", **shown(world, n), **wish} for n, wish in wishes.items()}
    world.store.set("faceswap_decision", {"rows": found})
    world.clock.seconds += 60
    world.clear()


@pytest.fixture
def doubts(world: BatchWorld) -> BatchWorld:
    world.vendor.answers_to = {media: [TakenError("cut")] for media in (FIRST, SECOND)}
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(2))
    return world


def test_each_row_in_doubt_is_settled_as_decided(doubts: BatchWorld) -> None:
    (job_id,) = (found for found, media in doubts.vendor.jobs.items() if media == FIRST)
    decide(doubts, {0: {"action": "adopt", "job_id": job_id}, 1: {"action": "resubmit"}})
    assert doubts.start(rows(2))["succeeded"] == 2
    assert (doubts.vendor.bought[FIRST], doubts.vendor.bought[SECOND]) == (1, 2)


def test_a_decision_about_an_earlier_attempt_buys_nothing(doubts: BatchWorld) -> None:
    doubts.vendor.answers_to = {SECOND: [TakenError("cut again")]}
    decide(doubts, {1: {"action": "resubmit"}})
    for _ in range(3):
        with pytest.raises(AirflowFailException, match="in doubt"):
            doubts.start(rows(2), max_failed=1)
        doubts.clock.seconds += 500
        doubts.clear()
    assert (doubts.vendor.bought[FIRST], doubts.vendor.bought[SECOND]) == (1, 2)


def test_a_worker_that_dies_right_after_it_obeyed_pays_once(doubts: BatchWorld) -> None:
    decide(doubts, {1: {"action": "resubmit"}})
    doubts.die(rows(2), "answer", max_failed=1)
    doubts.clock.seconds += 500
    with pytest.raises(AirflowFailException, match="in doubt"):
        doubts.start(rows(2), max_failed=1)
    assert doubts.vendor.bought[SECOND] == 2


@pytest.mark.parametrize(
    "wish", [{"action": "buy everything"}, {"action": "adopt"}, {"action": "adopt", "job_id": "../1"}]
)
def test_what_no_page_writes_settles_nothing(
    doubts: BatchWorld, wish: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    decide(doubts, {0: wish})
    with pytest.raises(AirflowFailException, match="in doubt"):
        doubts.start(rows(2))
    assert doubts.vendor.bought[FIRST] == 1 and "cannot be read" in caplog.text


def test_stopped_it_collects_what_runs_and_fails_until_a_clear(world: BatchWorld) -> None:
    world.vendor.states = {FIRST: JobState.PROCESSING, SECOND: JobState.PROCESSING}
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(5), deferrable=True, max_active_jobs=2)
    world.store.set("faceswap_stop", {"at": "2027-01-15T08:00:00Z"})
    world.vendor.states = {}
    with pytest.raises(AirflowFailException, match="a person stopped it; clear the task"):
        world.resume(deferral.value)
    assert world.statuses == ["success", "success", "not_sent", "not_sent", "not_sent"]
    with pytest.raises(AirflowFailException, match="a person stopped it"):
        world.start(rows(5))
    assert len(world.vendor.jobs) == 2
    world.clear()
    assert world.start(rows(5))["succeeded"] == 5
    assert sorted(world.vendor.bought.values()) == [1] * 5


@pytest.mark.parametrize("wish", [{"action": "adopt", "job_id": "1000"}, {"action": "resubmit"}])
@pytest.mark.parametrize("named", [True, False])
def test_a_decision_is_about_its_row_wherever_the_list_has_it_after_the_clear(
    doubts: BatchWorld, wish: dict[str, Any], named: bool
) -> None:
    """Both rows were submitted in the same millisecond, and another one has come before them."""
    (chosen,) = (0 if doubts.vendor.jobs["1000"] == FIRST else 1,)
    decide(doubts, {chosen: wish if named else {**wish, "key": ""}})
    bought = Counter({FIRST: 1, SECOND: 1})
    doubts.start([*rows(1, start=7), *rows(2)], max_failed=2)
    by_media = {line["item"]["target"]: line for line in doubts.lines}
    target = (FIRST, SECOND)[chosen]
    if named and wish["action"] == "resubmit":
        bought[target] += 1
    assert doubts.vendor.bought - Counter({rows(1, start=7)[0]["target"]: 1}) == bought
    assert by_media[target]["status"] == ("success" if named else "in_doubt")
    assert by_media[{FIRST: SECOND, SECOND: FIRST}[target]]["status"] == "in_doubt"


@pytest.mark.parametrize("how", ["tab", "key"])
def test_a_decision_about_a_row_of_a_deferred_batch_counts_when_it_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    world = BatchWorld(tmp_path / "out", monkeypatch, "aifaceswap")
    item = {"source_video": FIRST, "face_image": "https://a.example/face.jpg", "duration": 5}
    world.vendor.answers_to = {FIRST: [TakenError("cut")]}
    terms = {"operation": "video_faceswap", "on_in_doubt": "resubmit", "in_doubt_wait": 600}
    with pytest.raises(TaskDeferred) as deferral:
        world.start([item], deferrable=True, **terms)
    (line,) = world.lines
    if how == "tab":
        wish = {**shown(world, 0), "id": "d1", "action": "adopt", "job_id": "1000"}
        world.store.set("faceswap_decision", {"rows": {"0": wish}})
    else:
        world.store.set(f"faceswap/{line['key']}", "1000")
    world.clock.seconds += 700
    assert world.resume(deferral.value, None)["succeeded"] == 1
    assert world.vendor.bought == Counter({FIRST: 1})
    assert world.store.get(f"faceswap/{line['key']}") is None


def test_a_misspelt_word_about_one_row_takes_no_decision_from_another(doubts: BatchWorld) -> None:
    first, second = (f"faceswap/{line['key']}" for line in doubts.lines)
    doubts.store.set(first, "resubmit")
    doubts.store.set(second, "no such id!")
    doubts.clock.seconds += 500
    doubts.clear()
    with pytest.raises(AirflowFailException, match="correct or delete it"):
        doubts.start(rows(2))
    assert doubts.store.get(first) == "resubmit"
    doubts.store.set(second, "resubmit")
    doubts.clear()
    assert doubts.start(rows(2))["succeeded"] == 2


@pytest.mark.parametrize("how", ["resume", "clear"])
@pytest.mark.parametrize("by", ["page", "key"])
@pytest.mark.parametrize("proof", ["came", "was given up"])
def test_buying_again_is_not_obeyed_where_a_callback_names_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, by: str, proof: str
) -> None:
    world = BatchWorld(tmp_path / "out", monkeypatch, "aifaceswap")
    row = {"source_video": FIRST, "face_image": FIRST, "duration": 5}
    world.vendor.answers_to = {FIRST: [TakenError("cut")]}
    with pytest.raises(TaskDeferred) as caught:
        world.start([row], operation="video_faceswap", deferrable=True)
    if by == "page":
        world.store.set(
            "faceswap_decision", {"rows": {"0": {"id": "d1", **shown(world, 0), "action": "resubmit"}}}
        )
    else:
        world.store.set(f"faceswap/{shown(world, 0)['key']}", "resubmit")
    world.vendor.called_back = set(world.vendor.jobs)
    world.clock.seconds += 60
    if proof == "was given up":
        world.vendor.unknown = SettingsError("[faceswap] inbox is not set")
        world.vendor.called_back = set()
    if how == "resume":
        try:
            summary = world.resume(caught.value, {"problem": "x"})
        except TaskDeferred as again:  # bought again, and waited for
            summary = world.resume(again, {"problem": "x"})
    else:
        world.clear()
        summary = world.start([row], operation="video_faceswap")
    assert summary["succeeded"] == 1 and world.vendor.bought[FIRST] == (1 if proof == "came" else 2)
    assert world.store.get(f"faceswap/{shown(world, 0)['key']}") is None
