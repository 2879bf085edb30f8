"""A task that submits and does not wait returns the same job."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException

from airflow_provider_faceswap.apis.job import JobState
from tests.fakes import job
from tests.operators.world import World

PROCESSING, UNKNOWN, FAILED = JobState.PROCESSING, JobState.UNKNOWN, JobState.FAILED


def test_submit_only_returns_the_same_job(world: World) -> None:
    first = world.start(wait_for_completion=False)
    assert world.start(wait_for_completion=False) == first
    assert not world.vendor.polled, "a retry does not poll"
    world.clear()
    assert world.start(wait_for_completion=False) == first
    assert (world.vendor.accepted, world.vendor.polled) == (1, ["278"])


def test_submit_only_buys_a_failed_job_again_on_a_clear(world: World) -> None:
    world.start(wait_for_completion=False)
    world.clear()
    world.vendor.polls = [job(FAILED, message="No face found")]
    world.vendor.submissions = [job(PROCESSING, job_id="279")]
    assert world.start(wait_for_completion=False)["job_id"] == "279"
    assert [left["job_id"] for left in world.entry["left"]] == ["278"]


@pytest.mark.parametrize("on_clear", ["collect", "resubmit"])
def test_submit_only_believes_in_an_unknown_id_after_a_minute_alone(one: World, on_clear: Any) -> None:
    first = one.start(wait_for_completion=False)
    one.clear()
    one.vendor.polls = [job(UNKNOWN), job(PROCESSING)]
    assert one.start(wait_for_completion=False, on_clear=on_clear) == first
    assert one.vendor.accepted == 1
    one.clear()
    one.clock.slept.clear()
    one.vendor.polls = [job(UNKNOWN)] * 4
    if on_clear == "collect":
        with pytest.raises(AirflowException, match="does not know job 278"):
            one.start(wait_for_completion=False)
    else:
        one.start(wait_for_completion=False, on_clear="resubmit")
    assert sum(one.clock.slept) >= 60
    assert one.vendor.accepted == (1 if on_clear == "collect" else 2)
