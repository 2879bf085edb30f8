"""The buying of a batch: block after block, until the vendor's queue is full or something ends it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

from airflow_provider_faceswap import metrics
from airflow_provider_faceswap.batch.block import BLOCK, Answer, submit
from airflow_provider_faceswap.batch.block_journal import DoubtJournal, NotNotedError
from airflow_provider_faceswap.batch.book import Book
from airflow_provider_faceswap.batch.collecting import Collector, finish
from airflow_provider_faceswap.batch.item import Item, Step
from airflow_provider_faceswap.batch.pattern import nothing_passes
from airflow_provider_faceswap.batch.plan import Plan
from airflow_provider_faceswap.batch.record import Record, Status
from airflow_provider_faceswap.exceptions import (
    FaceSwapError,
    InDoubtError,
    NotSentError,
    RefusedError,
    RefusedForNowError,
    ResultError,
    SettingsError,
)
from airflow_provider_faceswap.execution.clock import utc
from airflow_provider_faceswap.execution.purchase import IN_DOUBT
from airflow_provider_faceswap.journal.decisions import NO_ANSWER
from airflow_provider_faceswap.journal.entry import Entry, State

log = logging.getLogger(__name__)


class Buyer:
    """
    Buys what is to be bought.

    :param plan: of the batch.
    :param book: what is known of the items.
    :param collector: stores what is answered at once.
    :param confirm: raises if the folder belongs to another task meanwhile.
    """

    def __init__(self, plan: Plan, book: Book, collector: Collector, confirm: Callable[[], None]) -> None:
        self.plan = plan
        self.book = book
        self.collector = collector
        self.confirm = confirm
        self.stopped = ""
        """Why no more is bought in this try; empty while more is."""
        self.fatal = False
        """Whether that is no matter of single items."""
        self.refusal: FaceSwapError | None = None
        """Why the last block was not taken, where a later one may be."""
        self._owners: dict[str, str] | None = None
        """The items of jobs; read when the first block is bought."""
        self.held: dict[str, FaceSwapError] = {}
        """Items whose inputs cannot be read now, and why: the others go on meanwhile."""

    def buy(self, slots: int) -> None:
        """
        Submit items while there are slots.

        :param slots: jobs that may run at once.
        """
        self.refusal, self.held = None, {}
        with ThreadPoolExecutor(BLOCK, thread_name_prefix="faceswap-submit") as pool:
            self._buy_blocks(pool, slots)

    def _buy_blocks(self, pool: Executor, slots: int) -> None:
        while not self._ended() and not self.refusal:
            active = sum(item.step is Step.WAIT for item in self.book.items)
            due = (item for item in self.book.items if item.due and item.key not in self.held)
            block = [item for item, _ in zip(due, range(min(BLOCK, slots - active)), strict=False)]
            if not block:
                break
            self._buy_block(pool, block)

    def settle(self, items: Sequence[Item]) -> None:
        """
        Do what the user wants done about submissions in doubt that nothing else will settle.

        :param items: whose submissions they are.
        """
        settled = [item for item in items if self._settle(item)]
        self.book.note([item for item in settled if item.step is Step.KEEP])

    def await_callback(self, item: Item) -> None:
        """Let a callback settle a submission in doubt, where one may still come or have come."""
        if self.plan.may_adopt(item) and not item.problem:
            item.step = Step.WAIT

    def _ended(self) -> bool:
        items = self.book.listed
        outcome = self.book.rules.outcome
        failed = sum(item.step is Step.KEEP and outcome(item) is not Status.SUCCESS for item in items)
        if not self.stopped and self.plan.too_many(failed, len(items)):
            self.stopped = (
                f"{failed} of {len(items)} items failed, and max_failed is {self.plan.max_failed:g}"
            )
            log.warning("No more is submitted: %s", self.stopped)
        head, by = self.book.journal.head, self.book.rules.by
        if not self.stopped and self.book.journal.stop_asked():
            self.stopped, self.fatal = "a person stopped it; clear the task to submit the rest", True
            log.warning("No more is submitted: %s", self.stopped)
        if not self.stopped and (pattern := nothing_passes(items, by, head.tried_at if head else 0.0)):
            self.stopped, self.fatal = pattern, True
            log.error("No more is submitted: %s", pattern)
        return bool(self.stopped)

    def _buy_block(self, pool: Executor, block: Sequence[Item]) -> None:
        for item in block:
            item.noted, item.price, item.problem = False, 0.0, ""
        self.book.begin_block(block)
        answers = submit(
            pool,
            block,
            self.plan.purchase_of,
            self._write,
            self._admitted,
            self.book.journal.how_to,
            durable=self.book.journal.durable,
        )
        at_once, settled, foreign = [], [], []
        for item, answer in zip(block, answers, strict=True):
            if answer.entry and answer.entry.state is not State.REFUSED:
                metrics.count_submission(answer.entry, item.price)
            if answer.error is not None:
                self._not_taken(item, answer, answer.error)
            elif answer.job is None:
                item.step = Step.SETTLE
            elif answer.entry and answer.entry.state is State.FINISHED:
                finish(item, answer.entry.result or {})
            elif not self._is_own(item):
                item.step = Step.SETTLE
                foreign.append(item)
            else:
                item.step = Step.WAIT
                at_once += [(item, answer.job)] if answer.job.state.settled else []
            settled += [item] if item.step is Step.KEEP else []
        doubts = [item for item in block if item.step is Step.SETTLE]
        for item in doubts:
            self.await_callback(item)
        self.settle([item for item in doubts if item.step is Step.SETTLE])
        # A doubt is one for the resume as well, which reads the folder alone.
        self.book.note([*settled, *(item for item in foreign if item.step is not Step.KEEP)])
        self.collector.take(at_once)

    def _write(self, entries: Mapping[str, Entry], retry: bool) -> None:
        """Note entries; send what is intended only if the folder is ours then: a later owner sees intents."""
        self.book.write_entries(entries, retry)
        if retry:
            return
        try:
            self.confirm()
        except BaseException:
            self.book.take_back(entries)
            raise

    def _is_own(self, item: Item) -> bool:
        """Return whether a job is the item's alone; if it is another row's, nobody knows what was taken."""
        if self._owners is None:
            self._owners = {str(other.line["job_id"]): other.key for other in self.book.items if other.line}
        record = item.known()
        job_id = record.entry.job_id
        owner = self._owners.setdefault(job_id, item.key)
        # The result of an equal row is the same.
        if not job_id or owner.rpartition("-")[0] == item.key.rpartition("-")[0]:
            return True
        said = f"the vendor answered with job {job_id}, which is another row's"
        log.error("Row %s: %s", item.row.index, said)
        entry = record.entry.moved_to(State.IN_DOUBT, job_id="", problem=said)
        item.record = replace(
            record, entry=entry, status=Status.IN_DOUBT, error=said, at=item.after(record.at)
        )
        return False

    def _admitted(self, keys: Collection[str]) -> list[str]:
        """Return what may be bought: up to the first item that does not fit into ``max_cost``."""
        if self.plan.max_cost is None:
            return list(keys)
        spent = self.book.spent()
        admitted = []
        for item in self.book.block:
            if item.key not in keys:
                continue
            if spent + item.price > self.plan.max_cost:
                left = f"{max(self.plan.max_cost - spent, 0):g} of max_cost {self.plan.max_cost:g} are left"
                self.stopped = f"row {item.row.index} costs {item.price:g}, and {left}"
                log.warning("No more is submitted: %s", self.stopped)
                break
            spent += item.price
            admitted.append(item.key)
        return admitted

    def _not_taken(self, item: Item, answer: Answer, error: FaceSwapError) -> None:
        entry = answer.entry
        if isinstance(error, ResultError):  # it is paid, and kept where another try can store it
            item.step, item.problem = Step.KEEP, str(error)
            item.record = item.known().moved_to(Status.UNFINISHED, str(error))
            return
        later = isinstance(error, (RefusedForNowError, NotSentError, NotNotedError, SettingsError))
        if later or (isinstance(error, RefusedError) and error.account):
            item.step, item.before, item.problem = Step.BUY, entry or item.before, str(error)
            if isinstance(error, NotSentError) and entry is None:
                self.held[item.key] = error
            elif isinstance(error, (RefusedForNowError, NotSentError)):
                self.refusal = error
            elif not isinstance(error, NotNotedError):
                self.fatal, self.stopped = True, str(error)
            return
        log.warning("Row %s failed, and is not paid: %s", item.row.index, error)
        operation = self.plan.request_of(item).operation
        metrics.count("failed", provider=self.plan.provider, operation=operation)
        item.step = Step.KEEP
        if item.fall_back(tried_by=self.book.rules.by, error=self._in_vain(item, error)):
            return
        now = self.plan.clock.time()
        blank = Entry(state=State.REFUSED, provider=self.plan.provider, attempted_at=now)
        record = Record.of_entry(
            item.key, item.row.endpoint, entry or blank, self.book.rules.by, item.paid_before
        )
        at = item.at if entry else item.after(now)
        item.record = record.moved_to(Status.FAILED, str(error), at=at)

    def _in_vain(self, item: Item, error: FaceSwapError) -> str:
        """Say of an item that was bought, or is in doubt, that the vendor refused to take it again."""
        former = item.former
        if former is None or former.status is not Status.IN_DOUBT:
            return f"not bought again: {error}"
        when, how = utc(former.entry.attempted_at), self.book.journal.how_to(item.key)
        return f"{IN_DOUBT}: sent at {when}, and not taken again: {error}; {how}"

    def _settle(self, item: Item) -> bool:
        """Return whether there is anything new to note."""
        record = item.known()
        known = record.error.startswith(IN_DOUBT)
        reason = item.problem or ("" if known else record.error) or NO_ANSWER
        entry = record.entry
        if record.by != self.book.rules.by:  # a person's clear, or a later run, has a deadline of its own
            entry = entry.moved_to(State.IN_DOUBT, submitted_at=0.0, deadline=0.0)
        purchase = self.plan.purchase_of(item, DoubtJournal(self.book.journal.how_to(item.key)))
        if item.problem:  # callbacks name several jobs: all are paid, and a person finds out whose they are
            purchase = replace(purchase, terms=replace(purchase.terms, on_in_doubt="fail"))
        try:
            item.buy(purchase.accept_doubt(entry, reason))
            item.former = record
            item.paid_before = item.paid_by(self.book.rules)
        except InDoubtError as error:
            item.step = Step.KEEP
            if known:
                return False
            item.record = record.moved_to(Status.IN_DOUBT, str(error))
        return True
