"""How a job is bought: intent before submission, id after, and never twice in silence."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    InDoubtError,
    NotSentError,
    RefusedError,
)
from airflow_provider_faceswap.journal.entry import Entry, State

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.base import Job, Submission
    from airflow_provider_faceswap.hooks.base import SwapHook
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

    :param provider: the vendor's connection type.
    :param hook: the vendor's hook.
    :param call: the checked submission.
    :param journal: where the purchase is noted.
    :param fingerprint: of the inputs.
    :param max_tries: the task's.
    :param timeout: seconds from the first submission to the deadline.
    :param on_in_doubt: ``fail`` or ``resubmit``.
    :param max_resubmits: how often a job that the vendor dropped is submitted again.
    """

    provider: str
    hook: SwapHook
    call: Submission
    journal: Journal
    fingerprint: str
    max_tries: int
    timeout: float
    on_in_doubt: str
    max_resubmits: int

    def buy(self, before: Entry | None) -> tuple[Entry, Job]:
        """
        Submit until the vendor has taken the job, or has certainly not.

        :param before: the entry so far; its counts and its deadline go on.
        :return: the entry of the running job, and what the vendor said of it.
        :raises SubmissionError: refused, not sent or in doubt.
        """
        while True:
            entry, job = self._submit(before)
            if job is not None:
                return entry, job
            before = self.accept_doubt(entry, entry.problem)

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
                f"{IN_DOUBT}: {reason}. Look at {self.provider} whether it accepted {self.call.operation} at "
                f"{when} UTC; {self.journal.how_to()}"
            )
        log.warning("%s: %s; submitting again, which may be paid twice", IN_DOUBT, reason)
        return entry.moved_to(State.IN_DOUBT, doubts=entry.doubts + 1)

    def may_replace(self, entry: Entry) -> bool:
        """Tell whether a job that the vendor dropped may be submitted again."""
        return entry.resubmissions < self.max_resubmits and time.time() < entry.deadline

    def replacement(self, entry: Entry) -> Entry:
        """Return the entry to submit again with, after the vendor dropped the job."""
        return entry.moved_to(State.REFUSED, job_id="", resubmissions=entry.resubmissions + 1)

    def _submit(self, before: Entry | None) -> tuple[Entry, Job | None]:
        """Submit once; no job means that the submission is in doubt."""
        now = time.time()
        first, deadline = (before.submitted_at, before.deadline) if before else (0.0, 0.0)
        intent = self.journal.save(
            Entry(
                State.INTENT,
                fingerprint=self.fingerprint,
                base_url=self.hook.settings.base_url,
                operation=self.call.operation,
                attempted_at=now,
                submitted_at=first or now,
                deadline=deadline or now + self.timeout,
                max_tries=self.max_tries,
                resubmissions=before.resubmissions if before else 0,
                doubts=before.doubts if before else 0,
            )
        )
        try:
            job = self.hook.send(self.call)
        except InDoubtError as error:
            return self.journal.save_surely(intent.moved_to(State.IN_DOUBT, problem=str(error))), None
        except (RefusedError, NotSentError, AuthenticationError) as error:
            # Nothing was taken: the clock of a first submission has not started.
            refused = intent.moved_to(
                State.REFUSED, submitted_at=first, deadline=deadline, problem=str(error)
            )
            self.journal.save_surely(refused)
            raise
        log.info("%s took %s as job %s, eta %s s", self.provider, self.call.operation, job.job_id, job.eta)
        taken = intent.moved_to(
            State.RUNNING, job_id=job.job_id, eta=job.eta, route=self.hook.route_to(job), problem=""
        )
        return self.journal.save_surely(taken), job
