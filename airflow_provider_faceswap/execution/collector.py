"""A finished job's result: kept, noted in the journal, and collected again by a later try."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.results import iso
from airflow_provider_faceswap.exceptions import (
    FaceSwapError,
    JournalError,
    NotSentError,
    PollError,
    ResultError,
    SettingsError,
)
from airflow_provider_faceswap.execution import waiting
from airflow_provider_faceswap.execution.purchase import Purchase, clean_up
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.wishes import Wish
from airflow_provider_faceswap.storage import spool

log = logging.getLogger(__name__)

ErrorT = TypeVar("ErrorT", bound=FaceSwapError)
ResultT = TypeVar("ResultT", bound="dict[str, Any] | None")
FoundT = TypeVar("FoundT")


@dataclass(frozen=True)
class Collector:
    """
    Collects what was bought.

    :param purchase: what was.
    """

    purchase: Purchase

    def keep(self, entry: Entry, job: Job) -> dict[str, Any]:
        """
        Store a finished job's result and note it.

        :param entry: the job's.
        :param job: as the vendor described it.
        :return: what the task returns.
        :raises ResultError: if it cannot be stored.
        """
        purchase = self.purchase
        result = self._kept(entry, lambda: purchase.results.keep(entry, job))
        noted = clean_up(lambda: self._finished(entry, result))
        if noted and entry.nonce and (result["stored"] or purchase.completion.repeatable):
            # Else what brought the result is its only copy.
            clean_up(lambda: purchase.completion.forget(entry.ticket()))
        return result

    def keep_recorded(self, entry: Entry) -> dict[str, Any] | None:
        """Store a result that came without an id, if its links were recorded."""
        job = self.purchase.results.recorded_job(entry)
        return self.keep(entry, job) if job else None

    def unspool(self, entry: Entry) -> dict[str, Any]:
        """Store a picture that an earlier try could not store."""
        result = self._kept(entry, lambda: self.purchase.results.keep_spooled(entry))
        self._finished(entry, result)
        clean_up(lambda: spool.discard(entry.spooled_at))
        return result

    def collect(self, entry: Entry) -> dict[str, Any]:
        """
        Return a finished job's result: as recorded, else from the vendor, else from links.

        :param entry: of the finished job.
        :raises ResultError: if it is nowhere any more.
        """
        purchase, results = self.purchase, self.purchase.results
        result = self._kept(entry, lambda: results.recall(entry))
        if result is not None:
            if result != entry.result:
                clean_up(lambda: self._finished(entry, result))
            return result
        said = "cannot be asked for it"
        if entry.job_id:
            end, job = waiting.poll_once(purchase.completion, entry.ticket(), purchase.clock)
            if end == "success" and job is not None:
                return self.keep(entry, job)
            said = f"answers {(job.message or job.state.value)!r}" if job else "does not answer"
            if job and job.state.waiting:  # where it calls back: the callback is gone as well
                said = "does not send it again"
        if recorded := results.recorded_job(entry):
            try:
                return self.keep(entry, recorded)
            except ResultError as error:
                text = f"{error}; the vendor {said}; {purchase.journal.how_to()}"
                raise about(entry, ResultError(text)) from None
        gone = f"is finished and paid, but its result is gone: no stored files, and the vendor {said}"
        job_id = entry.job_id or "(no id)"
        text = f"{purchase.provider} job {job_id} {gone}; {purchase.journal.how_to()}"
        raise about(entry, ResultError(text))

    def settling(self, entry: Entry) -> dict[str, Any] | None:
        """Return what is stored of a submission in doubt that was answered with the picture itself."""
        if not self.purchase.request_class.answers_at_once:
            return None
        return self._looked_up(lambda: self.stored(entry), None)

    def named(self, entry: Entry) -> list[str]:
        """Return the jobs that callbacks to a submission in doubt name."""
        return self._looked_up(lambda: sorted(self.purchase.completion.answers(entry.ticket())), [])

    def believed(self, wish: Wish, entry: Entry) -> Wish | None:
        """Return what a person decided, unless a callback proves that the submission was accepted."""
        if wish.action != "resubmit" or not entry.nonce or not wish.fits(entry):
            return wish
        completion, nobody = self.purchase.completion, [set[str]()]
        try:
            (named,) = self._looked_up(lambda: completion.answers_all([entry.ticket()], certain=True), nobody)
        except SettingsError as error:  # who has given the receiver up has no proof
            log.warning("%s; so the decision to buy again counts", error)
            return wish
        if len(named) != 1:
            return wish
        log.warning("A person decided to buy again, but a callback names the job")
        return None

    def _looked_up(self, look: Callable[[], FoundT], nothing: FoundT) -> FoundT:
        try:
            return look()
        except (PollError, NotSentError) as error:
            if self.purchase.journal.durable:
                error.paid = None  # nobody knows: a retry looks again
                raise
            log.warning("What may settle the submission cannot be looked up: %s", error)
            return nothing  # a retry would buy again

    def stored(self, entry: Entry) -> dict[str, Any] | None:
        """Return what is stored of a job that its entry does not call finished, if there is a record."""
        records = self.purchase.results.records
        found = records.find(entry.identity) if records else None
        if found is None:
            return None
        sent_at = iso(entry.attempted_at)
        same = found["job_id"] == entry.job_id if entry.job_id else found["submitted_at"] == sent_at
        if not same:
            return None
        self._finished(entry.moved_to(entry.state, job_id=found["job_id"]), found)
        return found

    def lost(self, entry: Entry) -> JournalError:
        """Return the error of a paid result that came once, without an id, and could not be kept."""
        error = JournalError(
            f"{self.purchase.provider} job (no id) is finished and paid, but its result is lost: "
            f"{entry.problem or 'it came without an id, and its link was not kept'}; "
            f"{self.purchase.journal.how_to()}"
        )
        error.paid = True
        return error

    def _finished(self, entry: Entry, result: dict[str, Any]) -> None:
        recorded = self.purchase.results.record(result)
        self.purchase.journal.save_with_retries(
            entry.moved_to(State.FINISHED, problem="", result=recorded, spooled_at="")
        )

    def _kept(self, entry: Entry, keep: Callable[[], ResultT]) -> ResultT:
        try:
            return keep()
        except ResultError as error:
            said = self.purchase.not_stored(error)
        if entry.job_id:
            said = waiting.paid(self.purchase.provider, entry.job_id, said)
        raise about(entry, ResultError(said))


def about(entry: Entry, error: ErrorT) -> ErrorT:
    """Return an error that names the entry's job."""
    error.job_id = error.job_id or entry.job_id
    error.paid = True if entry.job_id else error.paid
    return error
