"""Waiting for a job, as operators and sensors do alike: on the worker, and after a trigger fired."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis.watch import CALLED_BACK, DEADLINE, Watch
from airflow_provider_faceswap.exceptions import (
    CongestedError,
    FaceSwapError,
    JobError,
    JobFailedError,
    JobUnknownError,
    JobUnsettledError,
    PollError,
)
from airflow_provider_faceswap.execution.clock import Clock, utc

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.job import Job
    from airflow_provider_faceswap.apis.ticket import Ticket
    from airflow_provider_faceswap.execution.completion import Completion

log = logging.getLogger(__name__)

BACKSTOP = timedelta(minutes=2)
"""How long after the deadline Airflow itself ends a deferral whose trigger gave no sign."""
CONFIRM_SECONDS = 120.0
"""How long a resumed worker tries to see for itself what its trigger saw."""
CUT_OFF = "cut_off"
"""How a wait ends whose trigger crashed or whose deferral Airflow timed out."""

CALLED_SECONDS = 15.0
"""The same where a callback only says when to poll: it may come before the vendor's own answer changes."""

_CONFIRM_INTERVAL = 5.0
_VERDICTS = ("success", "failed", "congested", "no_result", CALLED_BACK)


def watch_on_worker(
    completion: Completion, ticket: Ticket, watch: Watch, clock: Clock, *, sleep_first: bool = True
) -> tuple[str, Job | None]:
    """
    Watch a job on the worker, as a trigger does on its loop.

    :param completion: how to learn of its end.
    :param ticket: the job.
    :param watch: when to poll and when to end.
    :param clock: the time.
    :param sleep_first: whether to wait before the first poll.
    :return: how the watch ended, and what the last poll brought.
    """
    while True:
        if sleep_first and not completion.sleep(ticket, watch, clock):
            return DEADLINE, None
        sleep_first = True
        job = None
        try:
            job = completion.poll(ticket)
            end = watch.on_state(job, clock.time())
        except FaceSwapError as error:  # a paid job is not given up for a poll that failed
            retry_after = error.retry_after if isinstance(error, PollError) else None
            end = watch.on_error(str(error), clock.time(), retry_after)
            log.warning("Job %s: %s", ticket.job_id, error)
        if end:
            return end, job


def confirm(completion: Completion, ticket: Ticket, end: str, clock: Clock) -> tuple[str, Job | None]:
    """
    Poll on the worker for what a trigger reported.

    A verdict is polled for until it shows; anything else gets one last poll.

    :param completion: how to learn of the job's end.
    :param ticket: the job.
    :param end: how the trigger's watch ended.
    :param clock: the time.
    :return: how the job stands, and what the poll brought.
    """
    verdict = end in _VERDICTS
    now = clock.time()
    lasts = CALLED_SECONDS if end == CALLED_BACK and completion.repeatable else CONFIRM_SECONDS
    deadline = now + lasts if verdict else now
    watch = Watch(submitted_at=now, deadline=deadline, poll_interval=_CONFIRM_INTERVAL)
    found, job = watch_on_worker(completion, ticket, watch, clock, sleep_first=False)
    if verdict or found in _VERDICTS:
        return found, job
    doubted = end == "unknown" and (job is None or job.state.value != "unknown")
    return ("unclear" if doubted else end), job


def poll_once(completion: Completion, ticket: Ticket, clock: Clock) -> tuple[str, Job | None]:
    """Poll one time; returns a verdict, or ``deadline`` where there is none yet."""
    now = clock.time()
    watch = Watch(submitted_at=now, deadline=now)
    return watch_on_worker(completion, ticket, watch, clock, sleep_first=False)


def poll_for_verdict(completion: Completion, ticket: Ticket, clock: Clock) -> tuple[str, Job | None]:
    """Poll until the vendor says anything that can be believed: an unknown id takes a minute."""
    now = clock.time()
    watch = Watch(submitted_at=now, deadline=now + CONFIRM_SECONDS)
    end, job = poll_once(completion, ticket, clock)
    while end == DEADLINE and job is not None and not job.state.waiting and clock.time() < watch.deadline:
        if verdict := watch.on_state(job, clock.time()):
            return verdict, job
        clock.sleep(watch.wait(clock.time()))
        end, job = poll_once(completion, ticket, clock)
    return end, job


def error_of(provider: str, job_id: str, end: str, said: str) -> JobError:
    """
    Return the error of a job that did not succeed; it names the job, what happened and how to go on.

    :param provider: the vendor's connection type.
    :param job_id: the vendor's id of the job.
    :param end: how its watch ended.
    :param said: the vendor's words, or what went wrong last.
    """
    job, words = f"{provider} job {job_id}", f": {said}" if said else ""
    if end == "failed":
        return JobFailedError(f"{job} failed{words or '; the vendor gave no reason'}", job_id)
    if end == "congested":
        reason = words or "; the vendor gave no reason"
        return CongestedError(
            f"{job} failed, the vendor's queue was full{reason}; this id never recovers", job_id
        )
    if end == "unknown":
        remedy = "it may be paid: check the connection's account, host and namespace, then retry or clear"
        return JobUnknownError(f"{provider} does not know job {job_id}{words}; {remedy}", job_id)
    if end == "no_result":
        return JobUnsettledError(f"{job}: {said}; it is paid: look for its result at the vendor", job_id)
    unfinished = {DEADLINE: "not finished at its deadline", CUT_OFF: "not finished"}
    what = unfinished.get(end, "gives no clear answer")
    return JobUnsettledError(paid(provider, job_id, f"{what}{words}"), job_id)


def paid(provider: str, job_id: str, problem: str) -> str:
    """Say what is wrong with a paid job and how to get at its result."""
    return (
        f"{provider} job {job_id}: {problem}; it is paid: look for it at the vendor, or collect it "
        f"with the vendor's sensor and job_id={job_id!r}"
    )


def announce_deferral(ticket: Ticket) -> None:
    """Say in the log who goes on: it is the last line where nobody does."""
    job = f"job {ticket.job_id}" if ticket.job_id else "the submission in doubt"
    log.info(
        "Waiting for %s in the triggerer, until %s at most; if nothing follows, check that a triggerer runs",
        job,
        utc(ticket.deadline),
    )


def check_event(event: Any, job_id: str) -> tuple[str, str]:
    """
    Read a trigger's event for one job.

    :param event: whatever the triggerer handed over.
    :param job_id: of the job, or its nonce where the id is not known.
    :return: how the job's watch ended and what went wrong last; ``unclear`` for an event that does not say.
    """
    states, problems = (
        event.get(part) if isinstance(event, dict) else None for part in ("states", "problems")
    )
    end = states.get(job_id) if isinstance(states, dict) else None
    problem = problems.get(job_id) if isinstance(problems, dict) else None
    return (end if isinstance(end, str) else "unclear"), str(problem or "")
