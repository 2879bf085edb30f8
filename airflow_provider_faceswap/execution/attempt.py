"""One attempt of one task: from the journal's entry to a result, a wait or a refusal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from airflow_provider_faceswap import metrics
from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.apis.watch import CALLED_BACK, DEADLINE
from airflow_provider_faceswap.exceptions import (
    FaceSwapError,
    InDoubtError,
    JobFailedError,
    JournalError,
    RefusedForNowError,
)
from airflow_provider_faceswap.execution import waiting
from airflow_provider_faceswap.execution.collector import Collector, about
from airflow_provider_faceswap.execution.outcome import Done, Outcome, Refused, Wait
from airflow_provider_faceswap.execution.purchase import IN_DOUBT, Purchase, clean_up
from airflow_provider_faceswap.execution.terms import Waiting
from airflow_provider_faceswap.journal.decisions import NO_ANSWER, Decision, Step, moved
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.wishes import decide_with

log = logging.getLogger(__name__)

CALLBACK_INTERVAL = 5.0
"""Seconds between two checks for a callback where a worker waits for it."""


@dataclass(frozen=True)
class Attempt:
    """
    One attempt of one task.

    :param purchase: what is bought.
    :param waiting: how the task waits for it.
    :param announce: called with the job's id as soon as it is known.
    """

    purchase: Purchase
    waiting: Waiting
    announce: Callable[[str], None]

    def run(self, before: Entry | None = None) -> Outcome:
        """
        Do what the journal's entry asks for.

        :param before: what is known of earlier submissions where there is no journal.
        :raises FaceSwapError: an error of the family.
        """
        decision = self._decide(before)
        while decision.step is Step.WAIT_OUT:
            log.info("Another worker may still be submitting; waiting %.0f s for it", decision.seconds)
            self.purchase.clock.sleep(decision.seconds)
            decision = self._decide(before, decision.entry)
        entry = decision.entry
        if entry is None or decision.step is Step.SUBMIT:
            return self._submit(decision)
        try:
            return self._go_on(entry, decision)
        except FaceSwapError as error:
            raise about(entry, error) from None

    def resume(self, ticket: Ticket, end: str, problem: str) -> Outcome:
        """
        Go on after a deferral.

        :param ticket: of the job that was waited for.
        :param end: how its watch ended.
        :param problem: what went wrong last.
        """
        journal, situation = self.purchase.journal, self.purchase.situation()
        entry = journal.load()
        terms = {name: getattr(situation, name) for name in ("inputs", "max_tries", "clear_number")}
        if entry is None:
            entry = journal.save_with_retries(Entry.of_ticket(ticket, **self._bought, **terms))
        elif entry.adopted:  # meanwhile, by hand
            home = entry.base_url or (ticket.base_url if entry.job_id == ticket.job_id else "")
            entry = entry.moved_to(entry.state, base_url=home, **self._bought, **terms)
        if entry.base_url and entry.base_url != situation.base_url:
            remedy = "clear the task" if journal.durable else "use the vendor's sensor (a clear pays again)"
            text = moved(entry, situation.base_url, f"{remedy} to collect the job")
            raise about(entry, JournalError(text))
        decided = entry.state is not State.RUNNING and (wish := journal.wish()) and wish.fits(entry)
        adopted = entry.job_id and not ticket.job_id
        # After a purchase refused for now, the entry is the one before the clear: told by max_tries alone.
        if decided or adopted or (end == waiting.CUT_OFF and situation.max_tries != entry.max_tries):
            return self.run()
        if entry.job_id != ticket.job_id:
            raise JournalError(
                f"this task waited for job {ticket.job_id}, and its journal now names job "
                f"{entry.job_id or '(no id)'}; {journal.how_to()}"
            )
        if entry.state is State.FINISHED:
            return Done(self._collector.collect(entry))
        if not entry.job_id:
            return self._settle(entry, entry.problem or NO_ANSWER)
        return self._confirm(entry, end, problem)

    def _confirm(self, entry: Entry, end: str, problem: str = "") -> Outcome:
        completion, clock = self.purchase.completion, self.purchase.clock
        found, job = waiting.confirm(completion, entry.ticket(), end, clock)
        if (
            (end, found) == (CALLED_BACK, DEADLINE)
            and completion.repeatable
            and clock.time() < entry.deadline
        ):
            log.warning("Job %s: a callback came, and polls show no end yet; polling goes on", entry.job_id)
            return self._wait(entry, listen=False)
        return self._finish(entry, found, job, problem)

    @property
    def _bought(self) -> dict[str, str]:
        return {"provider": self.purchase.provider, "operation": self.purchase.request_class.operation}

    @property
    def _collector(self) -> Collector:
        return Collector(self.purchase)

    def _decide(self, before: Entry | None, waited_for: Entry | None = None) -> Decision:
        # A stored result is taken again without any write: only that needs proof that there is no entry.
        entry = self.purchase.journal.load(prove=self.purchase.terms.reuse_stored) or before
        situation = self.purchase.situation(look_at_files=bool(entry and (entry.versions or entry.left)))
        if waited_for is not None:
            situation = replace(situation, waited_out=waited_for.attempted_at)
        if entry and entry.adopted and not entry.provider:  # a person wrote the id alone
            entry = entry.moved_to(entry.state, **self._bought)
        wish = self.purchase.journal.wish() if entry else None
        if entry and wish and self.waiting.adopt_from_callback:
            wish = self._collector.believed(wish, entry)
        if entry and wish and (adopted := wish.adopted(entry, situation)):
            log.info("A person decided: the submission was accepted as job %s", adopted.job_id)
            entry = self.purchase.journal.save_with_retries(adopted)
        decision = decide_with(wish, entry, situation)
        if entry and decision.step is not Step.SUBMIT and (newer := entry.newer(situation.versions)):
            log.warning("Written again since the job was bought: %s; a clear buys that", ", ".join(newer))
        return decision

    def _submit(self, decision: Decision) -> Outcome:
        if not decision.again and (found := self.purchase.reusable()):
            return Done(found)
        if decision.leaves is not None:
            left = decision.leaves.left_behind().left[-1]
            log.warning("Buying again (%s); this leaves %s", decision.reason, left)
        return self._buy(decision.entry, decision.leaves)

    def _go_on(self, entry: Entry, decision: Decision) -> Outcome:
        """Do something about a job that was bought before."""
        purchase = self.purchase
        if decision.step is Step.FAIL:
            raise JournalError(f"{purchase.provider} {decision.reason}; {purchase.journal.how_to()}")
        if decision.step is Step.ASK_ABOUT_DOUBT:
            if decision.back:
                purchase.journal.save_with_retries(entry)
            return self._settle(entry, decision.reason)
        log.info("Job %s was bought before and is not submitted again", entry.job_id or "(no id)")
        self._announce(entry)
        if entry.spooled_at:
            return Done(self._collector.unspool(entry))
        if decision.step is Step.COLLECT:
            if decision.cleared:  # else the next retry would pass for a clear
                purchase.journal.save_with_retries(entry)
            return Done(self._collector.collect(entry))
        if not entry.job_id:
            if recorded := self._collector.keep_recorded(entry):
                return Done(recorded)
            if entry.replaceable:
                return self._buy(entry.left_behind(), entry)
            raise self._collector.lost(entry)
        if decision.reason:
            purchase.journal.save_with_retries(entry)
        if decision.back and (stored := self._collector.stored(entry)):
            return Done(stored)
        if not self.waiting.wait_for_completion:
            return self._submitted_before(entry, decision)
        if decision.step is Step.POLL_ONCE:
            end, job = waiting.confirm(purchase.completion, entry.ticket(), DEADLINE, purchase.clock)
            return self._finish(entry, end, job)
        return self._wait(entry, poll_first=True)

    def _buy(self, before: Entry | None, leaves: Entry | None = None) -> Outcome:
        try:
            entry, job = self.purchase.submit(before, leaves)
            metrics.count_submission(entry)
        except RefusedForNowError as error:
            return Refused(error, (before or Entry(state=State.REFUSED)).moved_to(State.REFUSED))
        if job is None:
            return self._settle(entry, entry.problem)
        self._announce(entry)
        if entry.state is State.FINISHED:
            metrics.count_success(entry, entry.result)
            return Done(dict(entry.result or {}))
        if job.state.settled:
            return self._finish(entry, job.state.value, job)
        return self._wait(entry)

    def _settle(self, entry: Entry, reason: str) -> Outcome:
        """Go on from a submission in doubt: a callback may settle it, otherwise the user's wish decides."""
        purchase, clock = self.purchase, self.purchase.clock
        if stored := self._collector.settling(entry):
            return Done(stored)
        until = entry.attempted_at + self.waiting.in_doubt_wait
        if entry.deadline > entry.attempted_at:
            until = min(until, entry.deadline)
        while entry.nonce and self.waiting.adopt_from_callback:
            found = self._collector.named(entry)
            if len(found) > 1:
                raise InDoubtError(
                    f"{IN_DOUBT}: callbacks to this one submission name the jobs {', '.join(found)}; look at "
                    f"{purchase.provider} which is yours; {purchase.journal.how_to()}"
                )
            if found:
                return self._adopt(entry, found[0])
            if clock.time() >= until:
                break
            log.warning("%s: %s; waiting for its callback", IN_DOUBT, reason)
            if self.waiting.deferrable:
                return Wait(replace(entry.ticket(), deadline=until))
            clock.sleep(min(CALLBACK_INTERVAL, until - clock.time()))
        return self._buy(purchase.accept_doubt(entry, reason))

    def _adopt(self, entry: Entry, job_id: str) -> Outcome:
        log.info("%s: its callback names job %s, which is adopted", IN_DOUBT, job_id)
        clock = self.purchase.clock
        deadline = max(entry.deadline, clock.time())
        adopted = entry.moved_to(State.RUNNING, job_id=job_id, problem="", deadline=deadline)
        self._announce(self.purchase.journal.save_with_retries(adopted))
        if not self.waiting.wait_for_completion:
            return Done(self.purchase.results.describe_submitted(adopted))
        return self._confirm(adopted, CALLED_BACK)

    def _wait(self, entry: Entry, *, poll_first: bool = False, listen: bool = True) -> Outcome:
        how, clock = self.waiting, self.purchase.clock
        ticket = entry.ticket() if listen else replace(entry.ticket(), nonce="")  # its callback has come
        if not how.wait_for_completion:
            return Done(self.purchase.results.describe_submitted(entry))
        here = not how.deferrable or self._likely_short(ticket)
        if here or poll_first:
            until = None
            if how.deferrable:
                until = clock.time() + (how.short_wait if here else 0.0)
            watch = ticket.watch(how.poll_interval, until)
            end, job = waiting.watch_on_worker(
                self.purchase.completion, ticket, watch, clock, sleep_first=not poll_first
            )
            if end != DEADLINE or clock.time() >= ticket.deadline:
                return self._finish(entry, end, job, watch.problem)
        return Wait(ticket)

    def _likely_short(self, ticket: Ticket) -> bool:
        short_wait = self.waiting.short_wait
        if ticket.eta is None:
            return self.purchase.request_class.kind == "image" and short_wait > 0
        return ticket.submitted_at + ticket.eta - self.purchase.clock.time() <= short_wait

    def _submitted_before(self, entry: Entry, decision: Decision) -> Outcome:
        """Return a job that the task submitted and does not wait for, unless a clear finds that it failed."""
        purchase = self.purchase
        if decision.cleared:
            end, job = waiting.poll_for_verdict(purchase.completion, entry.ticket(), purchase.clock)
            if end in ("failed", "congested"):
                log.warning(
                    "%s", waiting.error_of(purchase.provider, entry.job_id, end, job.message if job else "")
                )
                return self._buy(entry.moved_to(State.FAILED).left_behind())
            if end == "unknown":
                return self._finish(entry, end, job)
        return Done(purchase.results.describe_submitted(entry))

    def _finish(self, entry: Entry, end: str, job: Job | None, problem: str = "") -> Outcome:
        """Return the result of a job that succeeded, or note and raise what became of it."""
        purchase, journal = self.purchase, self.purchase.journal
        if end == "success" and job is not None:
            result = self._collector.keep(entry, job)
            metrics.count_success(entry, result)
            return Done(result)
        # "Try again later" of a job that goes on does not explain why the wait ended.
        said = problem if job is None or job.state.waiting else job.message or problem
        error = waiting.error_of(purchase.provider, entry.job_id, end, said)
        if end == "congested" and purchase.may_replace(entry):
            log.warning("%s; submitting it again", error)
            return self._buy(purchase.replacement(entry))
        if end == "unknown" and entry.replaceable:
            log.warning("%s; buying it again, as on_clear='resubmit' says", error)
            return self._buy(entry.left_behind(), entry)
        if isinstance(error, JobFailedError):
            metrics.count_failure(entry)
            journal.save_with_retries(entry.moved_to(State.FAILED, problem=str(error)))
            raise type(error)(f"{error}; clear the task to buy it again", entry.job_id)
        raise type(error)(f"{error}; {journal.how_to()}", entry.job_id)

    def _announce(self, entry: Entry) -> None:
        if entry.job_id:
            clean_up(lambda: self.announce(entry.job_id))
            clean_up(lambda: self.purchase.completion.claim(entry.ticket()))
