"""What was certainly not taken is submitted again, and a job that the vendor dropped is counted."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    InDoubtError,
    NotSentError,
    RefusedError,
    RefusedForNowError,
    SettingsError,
)
from tests.fakes import job
from tests.operators.world import OTHER, World

PROCESSING, CONGESTED = JobState.PROCESSING, JobState.CONGESTED


@pytest.mark.parametrize("error", [RefusedError("no credits"), NotSentError("no route")])
def test_what_was_certainly_not_taken_is_submitted_by_the_retry(world: World, error: Exception) -> None:
    world.vendor.submissions = [error]
    with pytest.raises(AirflowException, match=str(error)) as caught:
        world.start()
    assert not isinstance(caught.value, AirflowFailException)
    assert world.entry["state"] == "refused"
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


@pytest.mark.parametrize(
    "error", [AuthenticationError("wrong key"), RefusedError("no face detected", final=True)]
)
def test_a_refusal_that_no_retry_mends_is_not_retried(one: World, error: Exception) -> None:
    one.vendor.submissions = [error]
    with pytest.raises(AirflowFailException, match=str(error)):
        one.start()
    assert one.entry["state"] == "refused"


def test_settings_that_break_between_the_check_and_the_submission_leave_no_doubt(one: World) -> None:
    one.vendor.submissions = [SettingsError("extra verify: /ca.pem is not a CA bundle")]
    with pytest.raises(AirflowException, match="CA bundle"):
        one.start()
    assert one.entry["state"] == "refused"


@pytest.mark.parametrize("where", ["connection", "callbacks", "folder"])
def test_what_fails_before_anything_is_sent_leaves_no_intent(one: World, where: str, tmp_path: Any) -> None:
    folder = None
    if where == "connection":
        one.vendor.double.check.side_effect = SettingsError("extra verify: not a CA bundle")
    elif where == "callbacks":
        one.vendor.problem = NotSentError("the receiver does not answer")
    else:
        (tmp_path / "out").write_text("in the way")
        folder = f"file://{tmp_path}/out"
    with pytest.raises(AirflowException):
        one.start(output_path=folder)
    assert (one.states, one.vendor.sent) == ([], [])


@pytest.mark.parametrize("refusals", [1, 6])
def test_a_submission_refused_for_now_is_made_again_without_a_worker(world: World, refusals: int) -> None:
    world.vendor.submissions = [RefusedForNowError("queue full", 5.0)] * refusals
    deferral, pauses = world.defer(), []
    for _ in range(refusals):
        pauses.append(deferral.trigger.seconds)
        with pytest.raises(TaskDeferred) as caught:
            world.resume(deferral)
        deferral = caught.value
    assert min(pauses) > 8, "no resuming event in the first 8 s"
    assert not world.clock.slept and max(pauses) > 4 * refusals
    assert world.resume(deferral, states={"278": "success"})["status"] == "success"
    assert world.vendor.accepted == 1 and "resubmissions" not in world.entry


def test_refusals_end_at_the_timeout(world: World) -> None:
    world.vendor.submissions = [RefusedForNowError("queue full")] * 100
    with pytest.raises(AirflowException, match=r"queue full; refused [0-9]+ times .* use a pool") as caught:
        world.start(timeout=600)
    assert not isinstance(caught.value, AirflowFailException)
    assert 400 < sum(world.clock.slept) <= 600 and world.vendor.accepted == 0


def test_the_deadline_starts_with_the_submission_that_is_taken(world: World) -> None:
    world.vendor.submissions = [RefusedForNowError("queue full")] * 3
    world.die(timeout=600)
    assert world.entry["deadline"] == pytest.approx(world.entry["attempted_at"] + 600)


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_job_that_the_vendor_dropped_is_submitted_again_at_most_so_often(
    world: World, deferrable: bool
) -> None:
    world.vendor.submissions = [job(PROCESSING), job(PROCESSING, job_id="279")]
    world.vendor.polls = [job(CONGESTED, message="Try Again"), job(job_id="279")]
    if deferrable:
        first = world.defer()
        with pytest.raises(TaskDeferred) as second:
            world.resume(first, states={"278": "congested"})
        result = world.resume(second.value, states={"279": "success"})
    else:
        result = world.start()
    assert result["job_id"] == "279"
    assert (world.vendor.accepted, world.entry["resubmissions"]) == (2, 1)


def test_a_job_that_is_dropped_too_often_failed_for_good(world: World) -> None:
    world.vendor.polls = [job(CONGESTED, message="Try Again")] * 9
    with pytest.raises(AirflowFailException, match="Try Again"):
        world.start(max_resubmits=2)
    assert world.vendor.accepted == 3 and world.entry["state"] == "failed"


def test_retries_do_not_count_from_zero(one: World) -> None:
    one.vendor.submissions = [job(PROCESSING), NotSentError("no route")]
    one.vendor.polls = [job(CONGESTED, message="Try Again")] * 9
    with pytest.raises(AirflowException, match="no route"):
        one.start()
    with pytest.raises(AirflowFailException, match="Try Again"):
        one.start()
    assert one.vendor.accepted == 2


def test_a_dropped_job_whose_resubmission_is_refused_for_now_is_bought_in_the_end(world: World) -> None:
    world.vendor.submissions = [
        job(PROCESSING),
        RefusedForNowError("queue full"),
        job(PROCESSING, job_id="279"),
    ]
    world.vendor.polls = [job(CONGESTED, message="Try Again"), job(job_id="279")]
    assert world.start()["job_id"] == "279"
    assert (world.vendor.accepted, world.entry["resubmissions"]) == (2, 1)


def test_the_age_of_a_resubmitted_job_counts_from_its_own_submission(one: World) -> None:
    one.vendor.submissions = [job(PROCESSING), job(PROCESSING, job_id="279", eta=100.0)]
    one.vendor.polls = [job(CONGESTED, message="Try Again")]
    one.clock.slept.clear()
    deferral = one.defer()
    one.clock.seconds += 1000
    with pytest.raises(TaskDeferred) as second:
        one.resume(deferral, states={"278": "congested"})
    (entry,) = second.value.trigger.jobs
    assert entry["submitted_at"] == pytest.approx(one.clock.seconds)
    assert entry["deadline"] == pytest.approx(one.entry["submitted_at"] + 3600), "the first one's"


@pytest.mark.parametrize("error", [RefusedError("bad video"), NotSentError("no route")])
def test_a_purchase_that_was_refused_does_not_forget_the_job_before_it(one: World, error: Exception) -> None:
    """Cleared with wrong inputs, refused, corrected: what the first inputs bought is still there."""
    first = one.start()
    one.clear()
    one.vendor.submissions = [error]
    with pytest.raises(AirflowException, match=str(error)):
        one.start(media=OTHER)
    one.clear()
    assert one.start() == first
    assert one.vendor.accepted == 1


def test_a_purchase_that_was_refused_for_now_is_made_in_the_end(one: World) -> None:
    one.start()
    one.clear()
    one.vendor.submissions = [RefusedForNowError("queue full"), job(PROCESSING, job_id="279")]
    assert one.start(media=OTHER)["job_id"] == "279"
    assert [left["job_id"] for left in one.entry["left"]] == ["278"]


def test_a_purchase_that_was_refused_is_made_by_the_retry(one: World) -> None:
    one.start()
    one.clear()
    one.vendor.submissions = [NotSentError("no route"), job(PROCESSING, job_id="279")]
    with pytest.raises(AirflowException, match="no route"):
        one.start(media=OTHER)
    assert one.start(media=OTHER)["job_id"] == "279"
    assert [left["job_id"] for left in one.entry["left"]] == ["278"]


def test_a_doubt_is_not_forgotten_for_a_purchase_that_was_refused(one: World) -> None:
    one.vendor.submissions = [InDoubtError("cut")]
    with pytest.raises(AirflowFailException):
        one.start()
    one.clear()
    one.vendor.submissions = [RefusedError("bad video")]
    with pytest.raises(AirflowException, match="bad video"):
        one.start(media=OTHER)
    with pytest.raises(AirflowFailException, match="submission in doubt: cut"):
        one.start()
    assert one.vendor.accepted == 1


@pytest.mark.parametrize("how", ["other inputs", "on_clear", "decided"])
def test_a_pause_that_is_cut_off_does_not_return_the_job_before_the_clear(one: World, how: str) -> None:
    """Airflow resumes with ``__fail__`` where the timer's trigger cannot be run."""
    one.start()
    if how == "decided":
        assert one.store is not None
        attempt = {"attempt": one.entry["attempted_at"], "action": "buy_another"}
        one.store.set("faceswap_decision", attempt)
    one.clear()
    wanted: dict[str, Any] = {"other inputs": {"media": OTHER}, "on_clear": {"on_clear": "resubmit"}}.get(
        how, {}
    )
    one.vendor.submissions = [RefusedForNowError("queue full"), job(PROCESSING, job_id="279")]
    one.defer(**wanted)
    with pytest.raises(TaskDeferred) as resumed:
        one.operator.resume_execution("__fail__", {"error": "Trigger failure"}, one.context)
    assert resumed.value.kwargs is not None
    assert resumed.value.kwargs["submission"]["job_id"] == "279"
    assert one.vendor.accepted == 2
