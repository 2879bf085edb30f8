"""One start of a batch's task: what is known is read, jobs are collected and bought, until it has to wait."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_faceswap import metrics
from airflow_provider_faceswap.batch.book import Book
from airflow_provider_faceswap.batch.buying import Buyer
from airflow_provider_faceswap.batch.claim import Claim
from airflow_provider_faceswap.batch.collecting import Collector
from airflow_provider_faceswap.batch.decisions import Decisions
from airflow_provider_faceswap.batch.files import look_at_files
from airflow_provider_faceswap.batch.item import Item, Step
from airflow_provider_faceswap.batch.journal import Head
from airflow_provider_faceswap.batch.plan import Plan
from airflow_provider_faceswap.batch.progress import Progress
from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.batch.summary import summarize
from airflow_provider_faceswap.batch.validation import check_names
from airflow_provider_faceswap.batch.watching import JOBS, Seen, Waiting, see, write_jobs
from airflow_provider_faceswap.exceptions import FaceSwapError, JournalError, RefusedForNowError
from airflow_provider_faceswap.execution.purchase import IN_DOUBT, clean_up
from airflow_provider_faceswap.journal.decisions import SETTLE_SECONDS
from airflow_provider_faceswap.journal.entry import State
from airflow_provider_faceswap.storage.places import Place

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finished:
    """
    The batch has ended.

    :param summary: what the task returns.
    :param error: why the task fails; None if it succeeds.
    :param retry: whether a retry may change that.
    """

    summary: dict[str, Any]
    error: str
    retry: bool


@dataclass(frozen=True)
class Refused:
    """
    The vendor takes nothing now, and nothing runs.

    :param error: why.
    """

    error: FaceSwapError


class BatchRun:
    """
    One start of a batch's task.

    :param plan: of the batch.
    :param book: what is known, read already.
    :param place: the batch's own folder.
    :param claim: to the folder of the output.
    """

    def __init__(self, plan: Plan, book: Book, place: Place, claim: Claim) -> None:
        self.plan = plan
        self.book = book
        self.claim = claim
        self.place = place
        self.collector = Collector(
            plan.completion, plan.results_of, plan.clock, plan.terms.max_resubmits, self._note, book.rules
        )
        self.buyer = Buyer(plan, book, self.collector, self._confirm)
        self.progress = Progress(book, plan.clock, lambda: bool(self.buyer.stopped))
        if book.journal.head and book.journal.head.stopped:
            self.buyer.stopped, self.buyer.fatal = book.journal.head.stopped, True

    @property
    def jobs_url(self) -> str:
        """Where the jobs are listed that a trigger watches."""
        return f"{self.place.url}/{JOBS}"

    def begin(self) -> None:
        """
        Find out how things stand, as a new try or a later run finds them.

        :raises JournalError: if something was bought at another host.
        """
        self._check_host()
        listing = self.plan.outputs.listing()
        check_names(self.plan.place, listing, [item for item in self.book.items if item.due])
        # Noted, as the resume after a deferral is another process, which reads the folder alone.
        self.book.note_journal()
        changed = look_at_files(self.plan, self.book, listing)
        self.progress.begin()
        self._obey(changed, self._having(Step.WAIT))
        self._look(Seen())

    def _obey(self, changed: Sequence[Item] = (), waiting: Sequence[Item] = ()) -> None:
        """
        Do what people decided about doubts, and note it.

        :param changed: items to note with them.
        :param waiting: items whose jobs may get a deadline of their own.
        """
        decided = Decisions(self.plan, self.book, self.collector).obey(self._having(Step.SETTLE))
        adopted = [item for item in decided if item.step is Step.WAIT]
        renewed = [item for item in [*waiting, *adopted] if self._renew(item)]
        self.book.note(list(dict.fromkeys([*changed, *decided, *renewed])))
        for item in decided:  # it was obeyed, and says nothing of a later doubt
            self.book.journal.forget(item.key)

    def _renew(self, item: Item) -> bool:
        """Give a job that this run did not buy a deadline of its own; return whether it got one."""
        record = item.known()
        if not item.reused and record.entry.deadline:
            return False
        deadline = self.plan.clock.time() + self.plan.terms.timeout
        entry = record.entry.moved_to(State.RUNNING, deadline=deadline)
        item.record = replace(record, entry=entry, at=item.after(record.at))
        return True

    def intents_settle_in(self) -> float:
        """Return the seconds for which a worker that wrote an intent may still be submitting."""
        now, settle = self.plan.clock.time(), SETTLE_SECONDS
        left = [0.0]
        for item in self._having(Step.SETTLE):
            if item.known().entry.state is State.INTENT:
                http = self.plan.completion.hook.call_timeout(self.plan.request_of(item))
                left.append(min(item.known().entry.attempted_at + http + settle - now, http + settle))
        return max(left)

    def resume(self, event: Any) -> None:
        """
        Collect what a trigger saw end.

        :param event: the trigger's; None if nobody knows.
        :raises JournalError: if the connection leads to another host meanwhile.
        """
        seen = see(self.place, event, self.book.items)
        self._check_host()
        self._count_polls(event)
        self._obey()
        self._look(seen)

    def _look(self, seen: Seen) -> None:
        for item in self._having(Step.SETTLE):
            self.buyer.await_callback(item)
        waiting = self._having(Step.WAIT)
        ended = [item for item in waiting if seen.ended is None or item.key in seen.ended]
        self.collector.collect(ended, watched=seen.ended is not None, unknown=seen.unknown)
        now = self.plan.clock.time()
        doubts = [item for item in self._having(Step.WAIT) if item.status is Status.IN_DOUBT]
        over = [item for item in doubts if now >= self._until(item)]
        self.buyer.settle([*over, *self._having(Step.SETTLE)])

    def go_on(self) -> Finished | Waiting | Refused:
        """Buy what there is room for."""
        slots = self._slots()
        self.buyer.buy(slots)
        active = self._having(Step.WAIT)
        self._remember(len(active))
        if active:
            self._compact()
            more = any(item.due for item in self.book.items) and not self.buyer.stopped
            # Where the vendor's queue is full before ours, it is half of its own that must be free.
            room = len(active) if self.buyer.refusal else slots
            wake = max(1, (room + 1) // 2 - (room - len(active))) if more else len(active)
            deadlines = [self._until(item) for item in active]
            write_jobs(self.place, active, deadlines)
            self._before_waiting()
            return Waiting(len(active), max(deadlines), min(wake, len(active)))
        refusal = self.buyer.refusal or next(iter(self.buyer.held.values()), None)
        if refusal and not self.buyer.stopped:
            clean_up(lambda: write_jobs(self.place, [], []))
            self._before_waiting()
            return Refused(refusal)
        return self._finish()

    def give_up(self, error: FaceSwapError) -> Finished:
        """
        End the batch because the vendor takes nothing.

        :param error: why.
        """
        self.buyer.stopped = str(error)
        return replace(self._finish(), error=str(error), retry=True)

    def _before_waiting(self) -> None:
        if self.plan.deferrable and self.book.journal.durable:
            self._compact()  # not where nothing keeps the name of the one part that holds all
            self.book.journal.save_parts(self.book.ledger.parts)
        self.progress.before_waiting(deferrable=self.plan.deferrable)

    def _compact(self) -> None:
        """Keep the manifest quick to read, for the next start as for people."""
        if self.book.ledger.crowded:
            self._confirm()  # else these may be the parts of a task that writes them
            clean_up(self.book.ledger.compact)

    def _slots(self) -> int:
        learned = self.book.journal.head.slots if self.book.journal.head else None
        if learned is None:
            return self.plan.max_active
        return min(self.plan.max_active, learned + max(1, learned // 8))

    def _remember(self, active: int) -> None:
        """Keep for the next start how many jobs the vendor let run, and why no more are submitted."""
        head = self.book.journal.head or Head()
        changes: dict[str, Any] = {}
        if isinstance(self.buyer.refusal, RefusedForNowError) and active:
            changes["slots"] = active
        if self.buyer.fatal and not head.stopped:
            changes["stopped"] = self.buyer.stopped
        if changes:
            self.book.journal.save_head(head.model_copy(update=changes))

    def _until(self, item: Item) -> float:
        entry = item.known().entry
        if entry.job_id:
            return entry.deadline
        return min(entry.attempted_at + self.plan.in_doubt_wait, entry.deadline or float("inf"))

    def _finish(self) -> Finished:
        for item in self.book.items:
            if item.due and item.status is Status.IN_DOUBT:
                said = f"{IN_DOUBT}, and not submitted again: {self.buyer.stopped or item.problem}"
                item.record = item.known().moved_to(Status.IN_DOUBT, said)
        self.claim.confirm()  # else the manifest may know more by now
        self.book.merge()
        self.progress.report()
        items, head = self.book.listed, self.book.journal.head
        summary = summarize(
            items,
            self.book.rules,
            cost=self.book.cost(),
            manifest=self.book.ledger.url,
            seconds=self.plan.clock.time() - head.started_at if head and head.started_at else 0.0,
            stopped=self.buyer.stopped,
        )
        return Finished(summary, *self._verdict(summary))

    def _verdict(self, summary: dict[str, Any]) -> tuple[str, bool]:
        bad = summary["failed"] + summary["in_doubt"] + summary["unfinished"]
        if self.buyer.fatal:
            return self.buyer.stopped, False
        if self.plan.too_many(bad, summary["total"]):
            counts = ", ".join(
                f"{summary[name]} {name.replace('_', ' ')}"
                for name in ("failed", "in_doubt", "unfinished", "not_sent")
                if summary[name]
            )
            first = summary["failures"][0]
            return f"{counts} of {summary['total']} items; row {first['index']}: {first['error']}", bool(
                summary["unfinished"]
            )
        return "", False

    def _check_host(self) -> None:
        here = ("", None, self.plan.base_url)
        moved = [
            item
            for item in self.book.items
            if item.line
            and item.step is not Step.BUY
            and item.line["journal"]["entry"].get("base_url") not in here
        ]
        if moved:
            there = moved[0].known().entry.base_url
            raise JournalError(
                f"{len(moved)} items of {self.book.ledger.folder} were bought at {there}, and the connection "
                f"leads to {self.plan.base_url}; point it back to go on, or give another output_path"
            )

    def _count_polls(self, event: Any) -> None:
        polls = event.get("polls") if isinstance(event, dict) else None
        if isinstance(polls, int):
            operations = {item.row.endpoint: self.plan.request_of(item).operation for item in self.book.items}
            operation = operations.popitem()[1] if len(operations) == 1 else "several"
            metrics.count("polls", polls, provider=self.plan.provider, operation=operation)

    def _note(self, items: Sequence[Item]) -> None:
        self.book.note(items)
        self.progress.tick()

    def _confirm(self) -> None:
        self.claim.confirm()
        self.progress.tick()

    def _having(self, step: Step) -> list[Item]:
        return [item for item in self.book.items if item.step is step]
