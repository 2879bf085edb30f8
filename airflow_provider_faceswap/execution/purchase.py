"""How a job is bought: intent before submission, id after, and never twice in silence."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_faceswap.apis.results import as_faces, as_result
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    InDoubtError,
    NotSentError,
    RefusedError,
)
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.storage import spool

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_faceswap.apis.job import Job
    from airflow_provider_faceswap.apis.request import Submission
    from airflow_provider_faceswap.execution.completion import Completion
    from airflow_provider_faceswap.journal.store import Journal

log = logging.getLogger(__name__)

IN_DOUBT = "submission in doubt"
"""Stands in every log line and error about a submission that may have been taken."""
MAX_DOUBTS = 3
"""Doubts about one job after which the vendor is broken, and paying once more does not help."""


@dataclass(frozen=True)
class Purchase:
    """
    What a task buys, and on what terms.

    :param completion: how the vendor tells of the job's end.
    :param request_class: what is submitted.
    :param make_request: checks the inputs, reads files, and returns the submission; asked only when one
        is due, as inputs may be gone by the time that a result is collected.
    :param journal: where the purchase is noted.
    :param fingerprint: of the inputs.
    :param max_tries: the task's.
    :param timeout: seconds from the first submission to the deadline.
    :param on_in_doubt: ``fail`` or ``resubmit``.
    :param max_resubmits: how often a job that the vendor dropped is submitted again.
    """

    completion: Completion
    request_class: type[Submission]
    make_request: Callable[[], Submission]
    journal: Journal
    fingerprint: str
    max_tries: int
    timeout: float
    on_in_doubt: str
    max_resubmits: int

    def accept_doubt(self, entry: Entry, reason: str) -> Entry:
        """
        Return the entry to submit again with, if the user accepts to pay twice.

        :param entry: of a submission that may have been taken.
        :raises InDoubtError: if not.
        """
        expired = 0 < entry.deadline <= time.time()
        if self.on_in_doubt != "resubmit" or entry.doubts >= MAX_DOUBTS or expired:
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(entry.attempted_at))
            raise InDoubtError(
                f"{IN_DOUBT}: {reason}. Poll at {self.completion.provider} whether it accepted "
                f"{self.request_class.operation} at {when} UTC; {self.journal.how_to()}"
            )
        log.warning("%s: %s; submitting again, which may be paid twice", IN_DOUBT, reason)
        return entry.moved_to(State.IN_DOUBT, doubts=entry.doubts + 1)

    def may_replace(self, entry: Entry) -> bool:
        """Tell whether a job that the vendor dropped may be submitted again."""
        return entry.resubmissions < self.max_resubmits and time.time() < entry.deadline

    def replacement(self, entry: Entry) -> Entry:
        """Return the entry to submit again with, after the vendor dropped the job."""
        return entry.moved_to(State.REFUSED, job_id="", resubmissions=entry.resubmissions + 1)

    def submit(self, before: Entry | None) -> tuple[Entry, Job | None]:
        """
        Submit once.

        :param before: the entry so far; its counts and its deadline go on.
        :return: the entry, and what the vendor said of the job; None where that is in doubt.
        :raises SubmissionError: certainly not taken.
        :raises InputError: nothing was sent.
        :raises SettingsError: nothing was sent.
        """
        checked = self.make_request()
        self.completion.check()
        now = time.time()
        first, deadline = (before.submitted_at, before.deadline) if before else (0.0, 0.0)
        call, nonce = self.completion.addressed(checked, deadline or now + self.timeout)
        intent = self.journal.save(
            Entry(
                State.INTENT,
                fingerprint=self.fingerprint,
                base_url=self.completion.hook.settings.base_url,
                operation=call.operation,
                nonce=nonce,
                attempted_at=now,
                submitted_at=first or now,
                deadline=deadline or now + self.timeout,
                max_tries=self.max_tries,
                resubmissions=before.resubmissions if before else 0,
                doubts=before.doubts if before else 0,
            )
        )
        try:
            job = self.completion.hook.send(call)
        except InDoubtError as error:
            return self.journal.save_with_retries(intent.moved_to(State.IN_DOUBT, problem=str(error))), None
        except (RefusedError, NotSentError, AuthenticationError) as error:
            # Nothing was taken: the clock of a first submission has not started.
            refused = intent.moved_to(
                State.REFUSED, nonce="", submitted_at=first, deadline=deadline, problem=str(error)
            )
            self.journal.save_with_retries(refused)
            raise
        entry = self._taken(intent, job)
        if (price := checked.price()) and job.cost and price != job.cost:
            log.warning("The documents say %s, the vendor took %s", price, job.cost)
        return entry, job

    def _taken(self, intent: Entry, job: Job) -> Entry:
        """Write down what the vendor answered, before anything else can fail."""
        provider, operation = self.completion.provider, intent.operation
        log.info("%s took %s as job %s, eta %s s", provider, operation, job.job_id or "(no id)", job.eta)
        kept, result = "", None
        if job.content is not None:
            kept = spool.write_down(job.content)
            result = as_result(provider, operation, job, submitted_at=intent.submitted_at)
        elif job.faces is not None:
            result = as_faces(provider, operation, job)
        entry = self.journal.save_with_retries(
            intent.moved_to(
                State.RUNNING,
                job_id=job.job_id,
                eta=job.eta,
                route=self.completion.hook.route_to(job),
                cost=job.cost.model_dump() if job.cost else None,
                kept=kept,
                result=result,
                problem="",
            )
        )
        self.completion.taken(entry.ticket())
        return entry
