from __future__ import annotations

import pytest

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.watch import DEADLINE, Watch


def job(state: JobState) -> Job:
    return Job(job_id="278", state=state, message="so it says")


def watch(**kwargs: float) -> Watch:
    return Watch(submitted_at=1000.0, deadline=kwargs.pop("deadline", 4600.0), **kwargs)


@pytest.mark.parametrize("state", [JobState.SUCCESS, JobState.FAILED, JobState.CONGESTED])
def test_a_verdict_ends_the_watch_at_once(state: JobState) -> None:
    assert watch().on_state(job(state), 1010.0) == state.value


def test_a_running_job_is_watched_on_until_the_deadline() -> None:
    watching = watch()
    assert watching.on_state(job(JobState.PROCESSING), 4599.0) is None
    assert watching.on_state(job(JobState.PROCESSING), 4600.0) == DEADLINE


@pytest.mark.parametrize("state", [JobState.UNKNOWN, JobState.UNCLEAR])
def test_doubt_is_believed_after_three_polls_over_a_minute(state: JobState) -> None:
    watching = watch()
    assert watching.on_state(job(state), 1000.0) is None
    assert watching.on_state(job(state), 1001.0) is None
    assert watching.on_state(job(state), 1059.0) is None, "three polls, but in less than a minute"
    assert watching.on_state(job(state), 1060.0) == state.value
    assert "so it says" in watching.problem


def test_a_job_that_is_known_again_clears_the_doubt() -> None:
    watching = watch()
    watching.on_state(job(JobState.UNKNOWN), 1000.0)
    watching.on_state(job(JobState.UNKNOWN), 1030.0)
    watching.on_state(job(JobState.PROCESSING), 1050.0)
    assert watching.on_state(job(JobState.UNKNOWN), 1090.0) is None
    assert watching.problem


def test_failed_polls_back_off_and_end_at_the_deadline_alone() -> None:
    watching = watch(eta=10.0)
    waits = []
    for _ in range(8):
        assert watching.on_error("timeout", 2000.0) is None
        waits.append(watching.wait(2000.0))
    assert waits[0] < 6 and waits[-1] > 60
    assert watching.on_error("timeout", 4600.0) == DEADLINE


def test_the_vendor_is_asked_no_sooner_than_it_wants() -> None:
    watching = watch()
    watching.on_error("HTTP 429", 1100.0, retry_after=77.0)
    assert watching.wait(1100.0) >= 77.0


def test_the_last_poll_falls_on_the_deadline() -> None:
    watching = watch(deadline=1003.0, poll_interval=60.0)
    assert watching.wait(1000.0) == 3.0
    assert watching.wait(1007.0) == 0.0


def test_a_fixed_interval_is_kept() -> None:
    assert watch(poll_interval=7.0, eta=500.0).wait(1000.0) == 7.0


def test_an_eta_past_the_deadline_is_no_estimate() -> None:
    known = Watch(submitted_at=0.0, deadline=600.0, eta=500.0)
    assert known.wait(0.0) > 400
    assert Watch(submitted_at=0.0, deadline=600.0, eta=3600.0).wait(0.0) < 5
