"""Below Airflow 3.3 nothing is kept between tries: what is known travels with the deferral."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import (
    InboxError,
    InDoubtError,
    NotSentError,
    RefusedForNowError,
    SettingsError,
)
from airflow_provider_faceswap.operators.base import SwapOperator
from tests.fakes import job
from tests.operators.world import World

PROCESSING, CONGESTED, UNKNOWN = JobState.PROCESSING, JobState.CONGESTED, JobState.UNKNOWN


@pytest.fixture
def bare(one: World) -> World:
    one.store = None
    return one


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_dropped_job_is_submitted_again_at_most_so_often(bare: World, deferrable: bool) -> None:
    ids = ["278", "279", "280", "281"]
    bare.vendor.submissions = [job(PROCESSING, job_id=name) for name in ids]
    bare.vendor.polls = [job(CONGESTED, message="Try Again", job_id=name) for name in ids]
    with pytest.raises(AirflowFailException, match="Try Again"):
        if deferrable:
            deferral = bare.defer()
            for name in ids:
                with pytest.raises(TaskDeferred) as caught:
                    bare.resume(deferral, states={name: "congested"})
                deferral = caught.value
        else:
            bare.start()
    assert bare.vendor.accepted == 2


def test_refusals_after_a_drop_keep_its_count(bare: World) -> None:
    bare.vendor.submissions = [job(PROCESSING), RefusedForNowError("queue full"), job(PROCESSING)]
    bare.vendor.polls = [job(CONGESTED, message="Try Again")] * 9
    deferral = bare.defer()
    with pytest.raises(TaskDeferred) as refused:
        bare.resume(deferral, states={"278": "congested"})
    with pytest.raises(TaskDeferred) as second:
        bare.resume(refused.value)
    with pytest.raises(AirflowFailException, match="Try Again"):
        bare.resume(second.value, states={"278": "congested"})
    assert bare.vendor.accepted == 2


@pytest.mark.parametrize("end", ["deadline", "unknown", "failed"])
def test_nothing_about_a_paid_job_is_retried(bare: World, end: str) -> None:
    bare.vendor.polls = [job({"deadline": PROCESSING, "unknown": UNKNOWN, "failed": JobState.FAILED}[end])]
    deferral = bare.defer()
    with pytest.raises(AirflowFailException, match="278"):
        bare.resume(deferral, states={"278": end})


def test_what_was_not_taken_is_retried(bare: World) -> None:
    bare.vendor.submissions = [NotSentError("no route")]
    with pytest.raises(AirflowException, match="no route") as caught:
        bare.start()
    assert not isinstance(caught.value, AirflowFailException)


def test_a_connection_that_moves_while_the_task_is_deferred(bare: World) -> None:
    deferral = bare.defer()
    bare.vendor.moves_to("https://there.example.com")
    with pytest.raises(AirflowFailException, match="connection moved"):
        bare.resume(deferral, states={"278": "success"})
    assert not bare.vendor.polled


@pytest.mark.parametrize("error", [NotSentError, SettingsError])
def test_a_connection_that_cannot_be_looked_up_when_the_task_resumes(
    bare: World, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    deferral = bare.defer()

    def fail(operator: SwapOperator) -> None:
        raise error("connection 'account'")

    monkeypatch.setattr(SwapOperator, "_check", fail)
    with pytest.raises(AirflowFailException, match=r"account.; not retried.* collect job 278 with") as caught:
        bare.resume(deferral, states={"278": "success"})
    assert isinstance(caught.value, error) and (caught.value.job_id, caught.value.paid) == ("278", True)


@pytest.mark.parametrize("on_in_doubt", ["fail", "resubmit"])
def test_a_doubt_that_no_callback_settles(callbacks: World, on_in_doubt: str) -> None:
    callbacks.store = None
    callbacks.vendor.submissions = [InDoubtError("cut")]
    deferral = callbacks.defer(on_in_doubt=on_in_doubt, in_doubt_wait=600)
    callbacks.clock.seconds += 600
    expected: Any = AirflowFailException if on_in_doubt == "fail" else TaskDeferred
    with pytest.raises(expected) as caught:
        callbacks.resume(deferral, states={"n0nce": "deadline"})
    assert callbacks.vendor.accepted == (1 if on_in_doubt == "fail" else 2)
    if on_in_doubt == "resubmit":
        assert caught.value.trigger.jobs[0]["doubts"] == 1
        assert caught.value.trigger.deadline == pytest.approx(callbacks.clock.seconds + 3600)


def test_a_doubt_that_a_callback_settles(callbacks: World) -> None:
    callbacks.store = None
    callbacks.vendor.submissions = [InDoubtError("cut")]
    deferral = callbacks.defer(in_doubt_wait=600)
    callbacks.vendor.called_back = {"278"}
    assert callbacks.resume(deferral, states={"n0nce": "called_back"})["job_id"] == "278"
    assert callbacks.vendor.accepted == 1


@pytest.mark.parametrize("when", ["at once", "after the deferral"])
def test_a_doubt_ends_the_task_although_the_inbox_cannot_be_read(
    callbacks: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """A retry would buy again; what broke the answer off may keep the worker from its store as well."""

    def broken(ticket: object) -> set[str]:
        raise InboxError("no route to the store")

    callbacks.store = None
    callbacks.vendor.submissions = [InDoubtError("cut")]
    if when == "at once":
        monkeypatch.setattr(callbacks.vendor, "answers", broken)
    deferral = callbacks.defer(in_doubt_wait=600)
    monkeypatch.setattr(callbacks.vendor, "answers", broken)
    callbacks.clock.seconds += 600
    with pytest.raises(AirflowFailException, match="in doubt"):
        callbacks.resume(deferral, states={"n0nce": "deadline"})
    assert callbacks.vendor.accepted == 1
