"""Tasks that call the hooks themselves are retried where that helps, and not where it pays twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_provider_faceswap import exceptions as family

pytest.importorskip("airflow.sdk.definitions.retry_policy", reason="Airflow below 3.3 has no retry policies")

from airflow.sdk.definitions.retry_policy import RetryAction

from airflow_provider_faceswap.retry_policy import FaceSwapRetryPolicy


def decide(error: BaseException, **options: timedelta) -> tuple[RetryAction, timedelta | None]:
    decision = FaceSwapRetryPolicy(**options).evaluate(error, 1, 3)
    return decision.action, decision.retry_delay


@pytest.mark.parametrize(
    "error",
    [
        family.InDoubtError("cut"),
        family.InputError("init_video", "must be a URL"),
        family.AuthenticationError("wrong key"),
        family.RefusedError("no face", final=True),
        family.JobFailedError("turned away", "278"),
        family.JobUnsettledError("late", "278"),
        family.ResultError("disk full"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_does_not_help_or_pays_again_is_not_retried(error: family.FaceSwapError) -> None:
    assert decide(error) == (RetryAction.FAIL, None)


@pytest.mark.parametrize(
    ("error", "delay"),
    [
        (family.NotSentError("no connection"), None),
        (family.RefusedError("busy"), None),
        (family.RefusedForNowError("queue full"), None),
        (family.RefusedForNowError("queue full", 30.0), timedelta(seconds=30)),
        (family.PollError("HTTP 503", 5.0), timedelta(seconds=5)),
    ],
)
def test_what_may_help_is_retried_when_the_vendor_asks_for_it(
    error: family.FaceSwapError, delay: timedelta | None
) -> None:
    assert decide(error) == (RetryAction.RETRY, delay)


def test_a_vendor_that_asks_for_days_is_not_waited_for_so_long() -> None:
    error = family.RefusedForNowError("come back", 86_400.0 * 7)
    assert decide(error, max_delay=timedelta(minutes=10))[1] == timedelta(minutes=10)


def test_errors_of_others_are_airflows_matter() -> None:
    assert decide(ValueError("x")) == (RetryAction.DEFAULT, None)
