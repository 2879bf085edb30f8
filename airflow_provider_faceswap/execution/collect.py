"""What operators and sensors do alike on a worker: look, wait, take the result, fail in Airflow's words."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    PollError,
    ResultError,
)
from airflow_provider_faceswap.storage import spool

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.job import Job
    from airflow_provider_faceswap.apis.ticket import Ticket
    from airflow_provider_faceswap.execution.completion import Completion
    from airflow_provider_faceswap.storage.formats import Kind

log = logging.getLogger(__name__)

BACKSTOP = timedelta(minutes=2)
"""How long after the deadline Airflow itself ends a deferral whose trigger gave no sign."""
COLLECT_SECONDS = 120.0
"""How long a resumed worker tries to see for itself what its trigger saw."""

CUT_OFF = "cut_off"
"""How a wait ends whose trigger crashed or whose deferral Airflow timed out."""

COLLECT_INTERVAL = 5.0
_VERDICTS = ("success", "failed", "congested", "called_back")

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
    completion: Completion, ticket: Ticket, watch: Watch, *, sleep_first: bool = True
) -> tuple[str, Job | None]:
    """
    Watch a job on the worker, as a trigger does on its loop.

    :param completion: how to learn of its end.
    :param ticket: the job.
    :param watch: when to look and when to end.
    :param sleep_first: whether to wait before the first look.
    :return: how the watch ended, and what the last look brought.
    """
    while True:
        if sleep_first:
            time.sleep(watch.wait(time.time()))
        sleep_first = True
        job = None
        try:
            job = completion.poll(ticket)
            end = watch.on_state(job, time.time())
        except PollError as error:
            end = watch.on_error(str(error), time.time(), error.retry_after)
            log.warning("Job %s: %s", ticket.job_id, error)
        except FaceSwapError as error:
            end = watch.on_error(str(error), time.time())
            log.warning("Job %s: %s", ticket.job_id, error)
        if end:
            return end, job


def confirm(completion: Completion, ticket: Ticket, end: str) -> tuple[str, Job | None]:
    """
    Poll on the worker at what a trigger reported.

    A verdict is looked for until it shows; anything else gets one last look.

    :param end: how the trigger's watch ended.
    :return: how the job stands, and what the look brought.
    """
    verdict = end in _VERDICTS
    now = time.time()
    watch = Watch(
        submitted_at=now, deadline=now + COLLECT_SECONDS if verdict else now, poll_interval=COLLECT_INTERVAL
    )
    found, job = watch_here(completion, ticket, watch, sleep_first=False)
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
    unfinished = {DEADLINE: "not finished at its deadline", CUT_OFF: "not finished"}
    what = unfinished.get(end, "gives no clear answer")
    raise JobUnsettledError(paid(provider, job_id, f"{what}{words}"), job_id)


def paid(provider: str, job_id: str, problem: str) -> str:
    """Say what is wrong with a paid job and how to get at its result."""
    return (
        f"{provider} job {job_id}: {problem}; it is paid: look for it at the vendor, or collect it "
        f"with the vendor's sensor and job_id={job_id!r}"
    )


@dataclass(frozen=True)
class OutputStore:
    """
    Where a job's files are kept, and under what.

    :param operation: the vendor's name of the operation.
    :param kind: what each file must be.
    :param output_path: a folder's URL, or None to keep none.
    :param consent_reference: free text kept beside each file.
    """

    operation: str
    kind: Kind
    output_path: str | None
    consent_reference: str | None = None

    def save(
        self, completion: Completion, job: Job, ticket: Ticket, cost: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """
        Store a finished job's files, if a folder is named, and describe the job.

        :param ticket: the job.
        :param cost: what its submission said it took.
        :return: what the task returns.
        :raises ResultError: if a file cannot be kept.
        """
        stored = None
        if job.content is not None:
            stored = [self._take_content(completion.provider, job.content, ticket)]
        elif self.output_path:
            from airflow_provider_faceswap.storage.folders import check_folder, open_folder
            from airflow_provider_faceswap.storage.keep import keep

            stored = keep(
                job.output,
                open_folder(check_folder(self.output_path)),
                stem=self._stem(ticket),
                kind=self.kind,
                settings=completion.hook.settings,
                provenance=self._provenance(completion.provider, ticket),
            )
            log.info("Job %s: stored %s", job.job_id, ", ".join(stored))
        return as_result(
            completion.provider,
            self.operation,
            job,
            submitted_at=ticket.submitted_at or None,
            eta=ticket.eta,
            stored=stored,
            cost=cost,
        )

    def _take_content(self, provider: str, content: bytes, ticket: Ticket) -> str:

        if not self.output_path:
            raise ResultError(
                "the vendor gave the picture itself and no link; name an output_path to store it"
            )
        kept = spool.write_down(content)
        try:
            return self.take_kept(provider, kept, ticket)
        finally:
            spool.discard(kept)

    def take_kept(self, provider: str, kept: str, ticket: Ticket) -> str:
        """
        Store a result that was written down on a worker.

        :param kept: where.
        :return: full URL of the file.
        :raises ResultError: if it cannot be read or stored.
        """
        from airflow_provider_faceswap.storage.folders import check_folder, open_folder
        from airflow_provider_faceswap.storage.keep import keep_local

        local = spool.find(kept)
        folder = open_folder(check_folder(self.output_path or ""))
        return keep_local(
            local,
            folder,
            stem=self._stem(ticket),
            kind=self.kind,
            provenance=self._provenance(provider, ticket),
        )

    def _stem(self, ticket: Ticket) -> str:
        return ticket.job_id or f"{self.operation}-{int(ticket.submitted_at * 1000)}"

    def _provenance(self, provider: str, ticket: Ticket) -> dict[str, Any]:
        return {
            "provider": provider,
            "operation": self.operation,
            "job_id": ticket.job_id,
            "submitted_at": iso(ticket.submitted_at or None),
            "stored_at": iso(time.time()),
            "consent_reference": self.consent_reference,
        }


def announce_deferral(ticket: Ticket) -> None:
    """Say in the log who goes on: it is the last line where nobody does."""
    until = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ticket.deadline))
    job = f"job {ticket.job_id}" if ticket.job_id else "the submission in doubt"
    log.info(
        "Waiting for %s in the triggerer, until %s UTC at most; if nothing follows, see that one runs",
        job,
        until,
    )


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
