"""What a batch may spend, at a vendor that publishes its prices and calls back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.progress import KEY
from airflow_provider_faceswap.exceptions import RefusedError, RefusedForNowError
from tests.batch.world import BatchWorld, TakenError

PRICE = 10
"""Credits of five seconds."""
ALL: dict[str, Any] = {
    "operation": "video_faceswap",
    "common": {"face_image": "https://a.example/face.jpg", "duration": 5},
}


@pytest.fixture
def priced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BatchWorld:
    return BatchWorld(tmp_path / "out", monkeypatch, "aifaceswap")


def clips(count: int) -> list[dict[str, Any]]:
    return [{"source_video": f"https://a.example/clip-{number}.mp4"} for number in range(count)]


def test_max_cost_ends_the_submission_at_the_first_row_that_does_not_fit(priced: BatchWorld) -> None:
    summary = priced.start(clips(6), max_cost=3.5 * PRICE, **ALL)
    assert (summary["succeeded"], summary["not_sent"]) == (3, 3)
    assert summary["cost"] == {"amount": 3 * PRICE, "unit": "credits"}
    assert summary["stopped"] == "row 3 costs 10, and 5 of max_cost 35 are left"
    assert priced.statuses == ["success"] * 3 + ["not_sent"] * 3


def test_max_cost_counts_all_tries(priced: BatchWorld) -> None:
    priced.die(clips(6), "polls", max_cost=4 * PRICE, max_active_jobs=2, **ALL)
    summary = priced.start(clips(6), max_cost=4 * PRICE, max_active_jobs=2, **ALL)
    assert (summary["succeeded"], len(priced.vendor.jobs)) == (4, 4)
    priced.clear()
    assert priced.start(clips(6), max_cost=4 * PRICE, **ALL)["not_sent"] == 2
    priced.next_run()
    assert priced.start(clips(6), max_cost=2 * PRICE, **ALL)["succeeded"] == 6


def test_a_doubt_counts_at_its_full_price(priced: BatchWorld) -> None:
    priced.vendor.answers_to = {clips(1)[0]["source_video"]: [TakenError("cut")]}
    terms = {"max_cost": 2 * PRICE, "on_in_doubt": "resubmit", "adopt_from_callback": False}
    with pytest.raises(
        AirflowFailException, match="row 0: submission in doubt, and not submitted again: row 2"
    ):
        priced.start(clips(3), **terms, **ALL)
    assert priced.statuses == ["in_doubt", "success", "not_sent"]
    assert priced.context["ti"].xcoms["faceswap_in_doubt"] == {"provider": "aifaceswap", "rows": 1}
    terms["max_cost"] = 4 * PRICE
    assert priced.start(clips(3), **terms, **ALL)["cost"] == {"amount": 4 * PRICE, "unit": "credits"}


@pytest.mark.parametrize("refusal", [RefusedForNowError("queue full"), RefusedError("no face", final=True)])
def test_what_was_refused_costs_nothing(priced: BatchWorld, refusal: RefusedError) -> None:
    priced.vendor.answers_to = {clips(1)[0]["source_video"]: [refusal]}
    summary = priced.start(clips(3), max_cost=3 * PRICE, max_failed=1, **ALL)
    assert summary["cost"]["amount"] == PRICE * len(priced.vendor.jobs)
    assert summary["not_sent"] == 0


def test_validate_only_prices_and_sends_nothing(priced: BatchWorld) -> None:
    summary = priced.start(clips(7), validate_only=True, **ALL)
    assert summary == {
        "total": 7,
        "not_sent": 7,
        "cost": {"amount": 7 * PRICE, "unit": "credits"},
        "validate_only": True,
    }
    assert not priced.vendor.sent
    assert not (priced.folder / "manifest.jsonl").exists()


def test_a_callback_settles_a_doubt(priced: BatchWorld) -> None:
    priced.vendor.answers_to = {clips(1)[0]["source_video"]: [TakenError("cut")]}
    priced.vendor.called_back = {"1000"}
    assert priced.start(clips(1), **ALL)["succeeded"] == 1
    assert priced.lines[0]["job_id"] == "1000"
    assert "faceswap_in_doubt" not in priced.context["ti"].xcoms


def test_callbacks_that_name_two_jobs_settle_nothing(priced: BatchWorld) -> None:
    priced.vendor.answers_to = {clips(1)[0]["source_video"]: [TakenError("cut")]}
    priced.vendor.called_back = {"1000", "1001"}
    with pytest.raises(AirflowFailException, match="name the jobs 1000, 1001"):
        priced.start(clips(1), **ALL)
    assert priced.statuses == ["in_doubt"]


def test_max_cost_counts_rows_that_a_clear_took_off_the_list(priced: BatchWorld) -> None:
    assert priced.start(clips(3), max_cost=4 * PRICE, **ALL)["succeeded"] == 3
    priced.clear()
    summary = priced.start(clips(6)[3:], max_cost=4 * PRICE, **ALL)
    assert summary["not_sent"] == 2
    assert summary["cost"] == {"amount": 4 * PRICE, "unit": "credits"}
    assert priced.store.get(KEY)["cost"] == summary["cost"]


def test_max_cost_counts_jobs_that_failed_after_a_clear(priced: BatchWorld) -> None:
    first = clips(1)[0]["source_video"]
    priced.vendor.states = {first: JobState.PROCESSING}
    with pytest.raises(AirflowException, match="1 unfinished"):
        priced.start(clips(1), max_cost=2 * PRICE, timeout=60, **ALL)
    priced.clear()
    priced.vendor.states = {first: JobState.FAILED}
    with pytest.raises(AirflowFailException, match="1 failed"):
        priced.start(clips(3), max_cost=2 * PRICE, max_failed=0, **ALL)
    priced.clear()
    priced.vendor.states = {}
    assert priced.start(clips(3), max_cost=2 * PRICE, **ALL)["not_sent"] == 2


def test_what_was_bought_counts_although_its_file_is_gone(priced: BatchWorld) -> None:
    priced.vendor.repeatable = False
    priced.start(clips(2), **ALL)
    next(priced.folder.glob("*.mp4")).unlink()
    for bought, ended in ((2, {"failed": 1, "succeeded": 1}), (3, {"failed": 0, "succeeded": 2})):
        priced.clear()
        summary = priced.start(clips(2), max_failed=1, **ALL)
        assert summary["cost"]["amount"] == bought * PRICE == len(priced.vendor.jobs) * PRICE
        assert {name: summary[name] for name in ended} == ended
