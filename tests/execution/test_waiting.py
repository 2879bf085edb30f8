"""Waiting on the worker, and what a resumed worker makes of a trigger's word."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    CongestedError,
    JobFailedError,
    JobUnknownError,
    JobUnsettledError,
    PollError,
)
from airflow_provider_faceswap.execution import waiting
from airflow_provider_faceswap.execution.clock import utc
from tests.fakes import START, FakeClock, FakeCompletion, job

P, U, S, F = JobState.PROCESSING, JobState.UNKNOWN, JobState.SUCCESS, JobState.FAILED
TICKET = Ticket(job_id="278", submitted_at=START, deadline=START + 3600)


@pytest.fixture
def clock() -> Any:
    return FakeClock()


@pytest.fixture
def vendor() -> FakeCompletion:
    return FakeCompletion()


@pytest.mark.parametrize(
    ("end", "polls", "found"),
    [
        ("success", [job(S)], "success"),
        ("success", [PollError("502"), job(P), job(S)], "success"),
        ("success", [job(F)], "failed"),
        ("failed", [job(S)], "success"),
        ("success", [job(P)] * 100, "deadline"),
        ("deadline", [job(S)], "success"),
        ("deadline", [job(P)], "deadline"),
        ("deadline", [PollError("502")], "deadline"),
        ("unknown", [job(U)], "unknown"),
        ("unknown", [job(P)], "unclear"),
        ("unknown", [job(JobState.UNCLEAR)], "unclear"),
        ("unknown", [PollError("502")], "unclear"),
        ("unknown", [job(S)], "success"),
        ("unknown", [job(JobState.CONGESTED)], "congested"),
        ("anything", [job(P)], "anything"),
        ("cut_off", [job(JobState.NO_RESULT)], "no_result"),
    ],
)
def test_a_worker_sees_for_itself(
    vendor: FakeCompletion, clock: Any, end: str, polls: list[Any], found: str
) -> None:
    vendor.polls = list(polls)
    assert waiting.confirm(vendor, TICKET, end, clock)[0] == found
    assert clock.seconds - START <= waiting.CONFIRM_SECONDS


@pytest.mark.parametrize(
    ("polls", "found", "at_least"),
    [
        ([job(S)], "success", 0),
        ([job(F)], "failed", 0),
        ([job(P)], "deadline", 0),
        ([PollError("502")], "deadline", 0),
        ([job(U)] * 4, "unknown", 60),
        ([job(U), job(S)], "success", 0),
        ([job(U), job(P), job(U), job(F)], "deadline", 0),
    ],
)
def test_a_verdict_takes_a_minute_where_the_vendor_does_not_know_the_job(
    vendor: FakeCompletion, clock: Any, polls: list[Any], found: str, at_least: float
) -> None:
    vendor.polls = list(polls)
    assert waiting.poll_for_verdict(vendor, TICKET, clock)[0] == found
    assert at_least <= clock.seconds - START <= 2 * waiting.CONFIRM_SECONDS
    assert at_least or clock.seconds - START < 60


def test_polls_that_fail_never_give_a_paid_job_up(vendor: FakeCompletion, clock: Any) -> None:
    vendor.polls = [PollError("502", 30.0), AuthenticationError("key rotated"), PollError("timeout"), job()]
    end, found = waiting.watch_on_worker(vendor, TICKET, TICKET.watch(None), clock)
    assert end == "success" and found is not None
    assert max(clock.slept) >= 30, "the vendor's own wish"


def test_an_enormous_eta_does_not_outlast_the_deadline(vendor: FakeCompletion, clock: Any) -> None:
    ticket = Ticket(job_id="278", submitted_at=START, deadline=START + 3600, eta=9e6)
    waiting.watch_on_worker(vendor, ticket, ticket.watch(None), clock)
    assert clock.seconds <= START + 3600


@pytest.mark.parametrize(
    ("end", "said", "cls", "words"),
    [
        ("failed", "No face", JobFailedError, "job 278 failed: No face"),
        ("failed", "", JobFailedError, "job 278 failed; the vendor gave no reason"),
        ("congested", "Try Again", CongestedError, "queue was full: Try Again"),
        ("unknown", "", JobUnknownError, "does not know job 278"),
        ("no_result", "no link", JobUnsettledError, "job 278: no link; it is paid"),
        ("deadline", "", JobUnsettledError, "not finished at its deadline"),
        ("cut_off", "Trigger failure", JobUnsettledError, "not finished: Trigger failure"),
        ("rubbish", "", JobUnsettledError, "gives no clear answer"),
    ],
)
def test_errors_name_the_job_first(end: str, said: str, cls: type, words: str) -> None:
    error = waiting.error_of("modelslab", "278", end, said)
    assert type(error) is cls and words in str(error)[:100]
    assert error.job_id == "278" and error.paid


@pytest.mark.parametrize(
    "event",
    [None, 5, "success", [], {}, {"states": None}, {"states": {"278": 5}}, {"states": {"279": "success"}}],
)
def test_an_event_that_does_not_say(event: Any) -> None:
    assert waiting.check_event(event, "278") == ("unclear", "")


def test_an_event_that_says() -> None:
    event = {"states": {"278": "deadline"}, "problems": {"278": "HTTP 502"}}
    assert waiting.check_event(event, "278") == ("deadline", "HTTP 502")


def test_moments_for_people() -> None:
    assert utc(START) == "2027-01-15 08:00:00 UTC"
