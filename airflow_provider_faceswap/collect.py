"""What operators and sensors do alike on a worker: look, wait, take the result, fail in Airflow's words."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis.results import as_result, iso
from airflow_provider_faceswap.apis.watch import DEADLINE, Watch
from airflow_provider_faceswap.exceptions import (
    CongestedError,
    FaceSwapError,
    InDoubtError,
    InputError,
    JobError,
    JobFailedError,
    JobUnknownError,
    JobUnsettledError,
    JournalError,
    LookError,
    ResultError,
)

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.base import Job, Look
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.storage.download import Kind

log = logging.getLogger(__name__)

BACKSTOP = timedelta(minutes=2)
"""How long after the deadline Airflow itself ends a deferral whose trigger gave no sign."""
COLLECT_SECONDS = 120.0
"""How long a resumed worker tries to see for itself what its trigger saw."""

COLLECT_INTERVAL = 5.0
_VERDICTS = ("success", "failed", "congested")

_FINAL = (InputError, InDoubtError, JournalError, JobFailedError, JobUnknownError)
_FINAL_WITHOUT_JOURNAL = (*_FINAL, JobError, ResultError)


@contextmanager
def translated(*, retry_buys: bool = False) -> Iterator[None]:
    """
    Turn this provider's errors into Airflow's: those that no retry mends fail the task at once.

    :param retry_buys: a retry would submit again, so nothing about a paid job may be retried.
    """
    try:
        yield
    except FaceSwapError as error:
        if isinstance(error, _FINAL_WITHOUT_JOURNAL if retry_buys else _FINAL):
            raise AirflowFailException(str(error)) from None
        raise AirflowException(str(error)) from None


def watch_here(
    hook: SwapHook,
    look: Look,
    watch: Watch,
    *,
    sleep_first: bool = True,
    warn: Callable[..., None],
) -> tuple[str, Job | None]:
    """
    Watch a job on the worker, as a trigger does on its loop.

    :param watch: when to look and when to end.
    :param sleep_first: whether to wait before the first look.
    :param warn: takes a log message and its arguments.
    :return: how the watch ended, and what the last look brought.
    """
    while True:
        if sleep_first:
            time.sleep(watch.wait(time.time()))
        sleep_first = True
        job = None
        try:
            job = hook.send(look)
            end = watch.saw(job, time.time())
        except LookError as error:
            end = watch.missed(str(error), time.time(), error.retry_after)
            warn("Job %s: %s", look.job_id, error)
        except FaceSwapError as error:
            end = watch.missed(str(error), time.time())
            warn("Job %s: %s", look.job_id, error)
        if end:
            return end, job


def confirm(hook: SwapHook, look: Look, end: str, *, warn: Callable[..., None]) -> tuple[str, Job | None]:
    """
    Look on the worker at what a trigger reported.

    A verdict is looked for until it shows; anything else gets one last look.

    :param end: how the trigger's watch ended.
    :return: how the job stands, and what the look brought.
    """
    verdict = end in _VERDICTS
    now = time.time()
    watch = Watch(
        submitted_at=now, deadline=now + COLLECT_SECONDS if verdict else now, poll_interval=COLLECT_INTERVAL
    )
    found, job = watch_here(hook, look, watch, sleep_first=False, warn=warn)
    if verdict or found in _VERDICTS:
        return found, job
    known_again = end == "unknown" and job is not None and job.state.waiting
    return ("unclear" if known_again else end), job


def raise_for_state(provider: str, job_id: str, end: str, said: str) -> None:
    """
    Raise unless a watch ended in success.

    :param end: how it ended.
    :param said: the vendor's words, or what went wrong last.
    :raises JobError: naming the job, what happened and how to go on.
    """
    if end == "success":
        return
    job, words = f"{provider} job {job_id}", f": {said}" if said else ""
    if end == "failed":
        raise JobFailedError(f"{job} failed{words}", job_id)
    if end == "congested":
        raise CongestedError(
            f"{job} failed, the vendor's queue was full{words}; the id stays dead, submit anew", job_id
        )
    if end == "unknown":
        remedy = "check the id, the account of the API key and the connection's namespace"
        raise JobUnknownError(f"{provider} does not know job {job_id}{words}; {remedy}", job_id)
    what = "not finished at its deadline" if end == DEADLINE else "gives no clear answer"
    raise JobUnsettledError(paid(provider, job_id, f"{what}{words}"), job_id)


def paid(provider: str, job_id: str, problem: str) -> str:
    """Say what is wrong with a paid job and how to get at its result."""
    return (
        f"{provider} job {job_id}: {problem}; it is paid: look for it at the vendor, or collect it "
        f"with the vendor's sensor and job_id={job_id!r}"
    )


def take_result(
    hook: SwapHook,
    job: Job,
    *,
    provider: str,
    operation: str,
    kind: Kind,
    submitted_at: float | None,
    eta: float | None,
    output_path: str | None,
    consent_reference: str | None = None,
) -> dict[str, Any]:
    """
    Store a finished job's files if a folder is named, and describe the job.

    :param output_path: a folder's URL, or None.
    :return: what the task returns.
    :raises ResultError: if a file cannot be kept.
    """
    stored = None
    if output_path:
        from airflow_provider_faceswap.storage.keep import check_folder, keep, open_folder

        provenance = {
            "provider": provider,
            "operation": operation,
            "job_id": job.job_id,
            "submitted_at": iso(submitted_at),
            "stored_at": iso(time.time()),
            "consent_reference": consent_reference,
        }
        stored = keep(
            job.output,
            open_folder(check_folder(output_path)),
            stem=job.job_id or f"{operation}-{int((submitted_at or time.time()) * 1000)}",
            kind=kind,
            settings=hook.settings,
            provenance=provenance,
        )
        log.info("Job %s: stored %s", job.job_id, ", ".join(stored))
    return as_result(provider, operation, job, submitted_at=submitted_at, eta=eta, stored=stored)


def check_event(event: Any, job_id: str) -> tuple[str, str]:
    """
    Read a trigger's event for one job.

    :param event: whatever the triggerer handed over.
    :return: how the job's watch ended and what went wrong last; ``unclear`` for an event that does not say.
    """
    states, problems = (
        event.get(part) if isinstance(event, dict) else None for part in ("states", "problems")
    )
    end = states.get(job_id) if isinstance(states, dict) else None
    problem = problems.get(job_id) if isinstance(problems, dict) else None
    return (end if isinstance(end, str) else "unclear"), str(problem or "")
