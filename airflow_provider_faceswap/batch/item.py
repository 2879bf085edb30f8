"""One item of a batch on its way, and what a start of the task does about it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.batch.record import Record, Status
from airflow_provider_faceswap.journal.entry import Entry, State

if TYPE_CHECKING:
    from airflow_provider_faceswap.batch.rows import Row


class Step(enum.Enum):
    """What is to be done about an item."""

    BUY = "buy"
    WAIT = "wait"
    """Its job runs, or a callback may settle its doubt."""
    SETTLE = "settle"
    """Nobody knows whether it was taken: do what the user wants done then."""
    KEEP = "keep"
    """Nothing: it is settled."""


@dataclass
class Item:
    """
    An item.

    :param row: of the list; with the index -1 where only a job is left of it.
    :param record: what is known; None if nothing was tried yet.
    :param made_from: its media as a result names them, once known.
    :param step: what is to be done.
    :param before: the entry whose counts the next submission goes on with.
    :param reused: whether it was bought before this run, or before a person's clear.
    :param price: of the submission that runs, by the vendor's price list.
    :param paid_before: what the task bought for the item before that submission.
    :param noted: whether an intent of this start was written.
    :param problem: what went wrong last, where another try may help.
    """

    row: Row
    record: Record | None = None
    made_from: Mapping[str, Any] = field(default_factory=dict)
    step: Step = Step.BUY
    before: Entry | None = None
    reused: bool = False
    price: float = 0.0
    paid_before: float = 0.0
    noted: bool = False
    problem: str = ""

    @property
    def key(self) -> str:
        """What the item is known by, in this run and in later ones."""
        return self.row.key

    @property
    def listed(self) -> bool:
        """Whether the list still has it."""
        return self.row.index >= 0

    @property
    def status(self) -> Status:
        """How it stands."""
        return self.record.status if self.record else Status.NOT_SENT

    def paid_with(self, entry: Entry) -> float:
        """Return what the run has bought for the item, with the submission that an entry is about."""
        if entry.state is State.REFUSED:
            return self.paid_before
        stated = (entry.cost or {}).get("amount")
        return self.paid_before + (self.price if stated is None else float(stated))

    def paid_by(self, rules: Rules) -> float:
        """Return what a task has bought for the item in all of its tries."""
        if self.record is None or not _same_task(self.record, rules):
            return 0.0
        return self.record.paid

    def leave(self) -> None:
        """Let the job be: the item is bought again."""
        self.buy(self.known().entry.left_behind())

    def buy(self, before: Entry) -> None:
        """
        Let the item be bought again.

        :param before: the entry whose counts go on.
        """
        self.step, self.before = Step.BUY, before
        self.reused = False

    def known(self) -> Record:
        """Return the record of an item that was tried."""
        if self.record is None:
            raise RuntimeError(f"item {self.key} was never tried")
        return self.record


@dataclass(frozen=True)
class Rules:
    """
    On what terms items are bought again.

    :param by: this task and the clear of it.
    :param overwrite: whether what other runs bought is bought again.
    :param buy_again: whether a person's clear buys again what this task bought.
    """

    by: str
    overwrite: bool = False
    buy_again: bool = False


def decide(item: Item, rules: Rules) -> None:
    """
    Set what a start of the task does about an item, by what is known of it.

    :param item: with its record; whether a success's files are still there is looked at elsewhere.
    :param rules: the user's.
    """
    record = item.record
    item.step, item.reused, item.before = Step.BUY, False, None
    if record is None:
        return
    ours = record.by == rules.by
    item.paid_before = record.paid if _same_task(record, rules) else 0.0
    if not ours and _unwanted(record, rules):
        item.leave()
    elif record.status is Status.SUCCESS:
        item.step, item.reused = Step.KEEP, not ours
    elif record.status is Status.UNFINISHED:
        item.step, item.reused = Step.WAIT, not ours
    elif record.status is Status.IN_DOUBT:
        item.step = Step.SETTLE
    elif record.status is Status.FAILED:
        # Only a person's clear, or a later run, buys again what failed.
        if ours:
            item.step = Step.KEEP
        elif record.entry.job_id:
            item.leave()
    elif ours and record.at:
        item.before = record.entry


def _same_task(record: Record, rules: Rules) -> bool:
    return record.by.partition(".")[0] == rules.by.partition(".")[0]


def _unwanted(record: Record, rules: Rules) -> bool:
    """Return whether a job is bought again although it may bring, or has brought, a result."""
    if record.status not in (Status.SUCCESS, Status.UNFINISHED):
        return False
    return rules.buy_again if _same_task(record, rules) else rules.overwrite
