"""One try of one task: from the journal's entry to a result, a refusal or a deferral."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.results import as_result
from airflow_provider_faceswap.apis.watch import DEADLINE
from airflow_provider_faceswap.exceptions import (
    CongestedError,
    InDoubtError,
    JobFailedError,
    JobUnknownError,
    JobUnsettledError,
    JournalError,
    ResultError,
)
from airflow_provider_faceswap.execution import collect
from airflow_provider_faceswap.execution.purchase import IN_DOUBT
from airflow_provider_faceswap.journal.decisions import Decision, Start, Step, decide
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.storage import spool

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_faceswap.apis.ticket import Ticket
    from airflow_provider_faceswap.execution.purchase import Purchase

log = logging.getLogger(__name__)

CALLBACK_INTERVAL = 5.0
"""Seconds between two looks for a callback where a worker waits for it."""


class Deferral(Exception):
    """The job is to be waited for without a worker."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket.job_id)
        self.ticket = ticket


@dataclass(frozen=True)
class Attempt:
    """
    One try of one task; the names are those of the operator's arguments.

    :param purchase: what is bought.
    :param shelf: where its result is kept.
    :param announce: told the job's id as soon as it is known.
    """

    purchase: Purchase
    shelf: collect.OutputStore
    announce: Callable[[str], None]
    wait_for_completion: bool
    deferrable: bool
    poll_interval: float | None
    short_wait: float
    in_doubt_wait: float

    def begin(self) -> dict[str, Any]:
        """
        Do what the journal's entry asks for.

        :return: the task's result.
        :raises Deferral: to wait for the job without a worker.
        :raises FaceSwapError: an error of the family.
        """
        journal = self.purchase.journal
        decision = self._decide()
        while decision.step is Step.WAIT_OUT:
            log.info("Another worker may still be submitting; waiting %.0f s for it", decision.seconds)
            time.sleep(decision.seconds)
            decision = self._decide()
        entry = decision.entry
        if entry is None or decision.step is Step.SUBMIT:
            return self._buy(entry)
        if decision.step is Step.FAIL:
            raise JournalError(f"{decision.reason}; {journal.how_to()}")
        if decision.step is Step.ASK_ABOUT_DOUBT:
            return self._settle(entry, decision.reason)
        log.info("Job %s was bought before and is not submitted again", entry.job_id)
        self._announce(entry)
        if entry.result is not None:
            return entry.result if decision.step is Step.COLLECT else self._deliver(entry)
        if decision.step is Step.POLL_ONCE:
            return self.collect(entry, DEADLINE)
        if decision.step is Step.COLLECT:
            return self.collect(entry, "success") if self.wait_for_completion else self._submitted(entry)
        if decision.reason:
            journal.save(entry)
        return self._wait(entry)

    def resume(self, ticket: Ticket, end: str, problem: str) -> dict[str, Any]:
        """
        Go on after a deferral.

        :param ticket: of the job that was waited for.
        :param end: how its watch ended.
        :param problem: what went wrong last.
        """
        journal = self.purchase.journal
        entry = journal.load() or Entry.of_ticket(ticket)
        if (entry.job_id, entry.nonce) != (ticket.job_id, ticket.nonce):
            raise JournalError(
                f"this task waited for job {ticket.job_id or '(no id)'}, and its journal now names job "
                f"{entry.job_id or '(no id)'}; {journal.how_to()}"
            )
        if not entry.job_id:
            return self._settle(entry, entry.problem)
        return self.collect(entry, end, problem)

    def collect(self, entry: Entry, end: str, problem: str = "") -> dict[str, Any]:
        """
        See on the worker how the job stands, and finish.

        :param entry: the job's.
        :param end: how a watch ended elsewhere.
        :param problem: what went wrong last.
        """
        end, job = collect.confirm(self.purchase.completion, entry.ticket(), end)
        return self._finish(entry, end, job, problem)

    def _decide(self) -> Decision:
        buyer, settings = self.purchase, self.purchase.completion.hook.settings
        start = Start(
            now=time.time(),
            fingerprint=buyer.fingerprint,
            base_url=settings.base_url,
            max_tries=buyer.max_tries,
            timeout=buyer.timeout,
            http_timeout=settings.timeout,
        )
        return decide(buyer.journal.load(), start)

    def _buy(self, before: Entry | None) -> dict[str, Any]:
        entry, job = self.purchase.submit(before)
        if job is None:
            return self._settle(entry, entry.problem)
        self._announce(entry)
        if entry.result is not None:
            return self._deliver(entry)
        if job.state.settled:
            return self._finish(entry, job.state.value, job)
        return self._wait(entry)

    def _settle(self, entry: Entry, reason: str) -> dict[str, Any]:
        """Go on from a submission in doubt: a callback may tell, otherwise the user's wish decides."""
        completion, ticket = self.purchase.completion, entry.ticket()
        until = entry.attempted_at + self.in_doubt_wait
        while entry.nonce:
            found = sorted(completion.answers(ticket))
            if len(found) > 1:
                raise InDoubtError(
                    f"{IN_DOUBT}: callbacks to this one submission name the jobs {', '.join(found)}; look at "
                    f"{completion.provider} which is yours; {self.purchase.journal.how_to()}"
                )
            if found:
                log.info("%s: its callback names job %s, which is adopted", IN_DOUBT, found[0])
                adopted = entry.moved_to(State.RUNNING, job_id=found[0], problem="")
                self._announce(self.purchase.journal.save_with_retries(adopted))
                return (
                    self.collect(adopted, "called_back") if self.wait_for_completion else self._wait(adopted)
                )
            if time.time() >= until:
                break
            log.warning("%s: %s; waiting for its callback", IN_DOUBT, reason)
            if self.deferrable:
                raise Deferral(replace(ticket, deadline=until))
            time.sleep(min(CALLBACK_INTERVAL, until - time.time()))
        return self._buy(self.purchase.accept_doubt(entry, reason))

    def _wait(self, entry: Entry) -> dict[str, Any]:
        ticket = entry.ticket()
        if not self.wait_for_completion:
            self.purchase.journal.save_with_retries(entry.moved_to(State.FINISHED))
            return self._submitted(entry)
        if not self.deferrable or self._likely_short(ticket):
            watch = ticket.watch(
                self.poll_interval, time.time() + self.short_wait if self.deferrable else None
            )
            end, job = collect.watch_here(self.purchase.completion, ticket, watch)
            if end != DEADLINE or time.time() >= ticket.deadline:
                return self._finish(entry, end, job, watch.problem)
        raise Deferral(ticket)

    def _likely_short(self, ticket: Ticket) -> bool:
        if ticket.eta is None:
            return self.purchase.request_class.kind == "image" and self.short_wait > 0
        return ticket.submitted_at + ticket.eta - time.time() <= self.short_wait

    def _finish(self, entry: Entry, end: str, job: Job | None, problem: str = "") -> dict[str, Any]:
        """Return the result of a job that succeeded, or note and raise what became of it."""
        buyer, completion = self.purchase, self.purchase.completion
        try:
            # "Try again later" of a job that goes on tells nobody why the wait ended.
            said = problem if job is None or job.state.waiting else job.message or problem
            collect.raise_for_state(completion.provider, entry.job_id, end, said)
            assert job is not None  # a success was seen
            result = self.shelf.save(completion, job, entry.ticket(), entry.cost)
        except (JobFailedError, JobUnknownError) as error:
            if isinstance(error, CongestedError) and buyer.may_replace(entry):
                log.warning("%s; submitting it again", error)
                return self._buy(buyer.replacement(entry))
            buyer.journal.save_with_retries(entry.moved_to(State.FAILED, problem=str(error)))
            raise type(error)(f"{error}; clear the task to buy it anew", entry.job_id) from None
        except JobUnsettledError as error:
            raise JobUnsettledError(f"{error}; {buyer.journal.how_to()}", entry.job_id) from None
        except ResultError as error:
            raise ResultError(collect.paid(completion.provider, entry.job_id, str(error))) from None
        # What told the end may go once the files are kept; without them it is the only copy.
        gone = bool(entry.nonce and result["stored"])
        kept = {**result, "output": []} if gone else None
        buyer.journal.save_with_retries(entry.moved_to(State.FINISHED, problem="", result=kept))
        if gone:
            completion.forget(entry.ticket())
        return result

    def _deliver(self, entry: Entry) -> dict[str, Any]:
        """Return what came with the submission's own answer; a picture is stored first."""
        result = dict(entry.result or {})
        if entry.kept:
            stored = self.shelf.take_kept(self.purchase.completion.provider, entry.kept, entry.ticket())
            result["stored"] = [stored]
            log.info("Stored %s", stored)
        self.purchase.journal.save_with_retries(entry.moved_to(State.FINISHED, result=result, kept=""))
        if entry.kept:
            spool.discard(entry.kept)
        return result

    def _submitted(self, entry: Entry) -> dict[str, Any]:
        return as_result(
            self.purchase.completion.provider,
            self.purchase.request_class.operation,
            Job(job_id=entry.job_id, state=JobState.PROCESSING),
            submitted_at=entry.submitted_at,
            eta=entry.eta,
            cost=entry.cost,
        )

    def _announce(self, entry: Entry) -> None:
        if entry.job_id:
            self.announce(entry.job_id)
