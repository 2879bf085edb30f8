"""One item of a batch on its way, and what a start of the task does about it."""

from __future__ import annotations

import enum
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.batch.record import TICK, Record, Status, read_line
from airflow_provider_faceswap.exceptions import JournalError
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.storage.stored_file import StoredFile

if TYPE_CHECKING:
    from airflow_provider_faceswap.batch.items.rows import Row

log = logging.getLogger(__name__)


class Step(enum.Enum):
    """What is to be done about an item."""

    BUY = "buy"
    WAIT = "wait"
    """Its job runs, or a callback may settle its doubt."""
    SETTLE = "settle"
    """Nobody knows whether it was taken: do what the user wants done then."""
    KEEP = "keep"
    """Nothing: it is settled."""


class Item:
    """
    An item.

    :param row: of the list; with the index -1 where only a job is left of it.
    :param line: the manifest's, as it was found; None if nothing is known. It is read in full only where
        something is to be done about the item, as thousands may be settled.
    :ivar step: what is to be done.
    :ivar before: the entry whose counts the next submission goes on with.
    :ivar reused: whether it was bought before this run, or before a person's clear.
    :ivar price: of the submission that runs, by the vendor's price list.
    :ivar paid_before: what the task bought for the item before that submission.
    :ivar noted: whether an intent of this start was written.
    :ivar former: what was bought, or may have been, before it was to be bought again; it counts where that is
        refused.
    :ivar problem: what went wrong last, where another try may help.
    """

    def __init__(self, row: Row, line: Mapping[str, Any] | None = None) -> None:
        self.row = row
        self.line = line
        self.made_from: Mapping[str, Any] = (line or {}).get("inputs") or {}
        self.step = Step.BUY
        self.before: Entry | None = None
        self.reused = False
        self.price = 0.0
        self.paid_before = 0.0
        self.noted = False
        self.problem = ""
        self.former: Record | None = None
        self._record: Record | None = None

    @property
    def key(self) -> str:
        """What the item is known by, in this run and in later ones."""
        return self.row.key

    @property
    def listed(self) -> bool:
        """Whether the list still has it."""
        return self.row.index >= 0

    @property
    def due(self) -> bool:
        """Whether it is to be submitted."""
        return self.step is Step.BUY and self.listed

    @property
    def record(self) -> Record | None:
        """
        What is known; None if nothing was tried yet.

        :raises JournalError: if its line cannot be understood.
        """
        if self._record is None and self.line is not None:
            try:
                self._record = read_line(self.line)
            except ValueError as problem:
                error = JournalError(
                    f"the manifest's line of item {self.key} cannot be used: {problem}; correct it, or "
                    "delete it to buy its item again"
                )
                error.paid = None
                raise error from None
        return self._record

    @record.setter
    def record(self, record: Record) -> None:
        self._record = record

    @property
    def untouched(self) -> bool:
        """Whether its line still says all there is to say."""
        return self._record is None and self.line is not None

    @property
    def status(self) -> Status:
        """How it stands."""
        if self._record is None:
            return Status(self.line["status"]) if self.line else Status.NOT_SENT
        return self._record.status

    @property
    def by(self) -> str:
        """The task and the clear of it that bought it."""
        if self._record is None:
            return str(self.line["journal"]["by"]) if self.line else ""
        return self._record.by

    @property
    def at(self) -> float:
        """The moment of the latest submission, in seconds since the epoch; 0 if there is none."""
        if self._record is None:
            return float(self.line["journal"]["at"]) if self.line else 0.0
        return self._record.at

    @property
    def tried_by(self) -> str:
        """The task and the clear of it that wanted to buy it again, and was refused."""
        if self._record is None:
            return str(self.line["journal"].get("tried_by") or "") if self.line else ""
        return self._record.tried_by

    @property
    def erased(self) -> bool:
        """Whether a person had its result deleted."""
        return bool(self.line and self.line["journal"]["entry"].get("erased"))

    def after(self, moment: float) -> float:
        """Return a moment after all that is known of the item, whatever the clocks of two workers say."""
        return max(moment, self.at + TICK)

    @property
    def version(self) -> str:
        """The version of its target that was bought, where a listing gave it."""
        return str(self.line["journal"].get("version") or "") if self.line else ""

    @property
    def cost(self) -> Mapping[str, Any]:
        """What the vendor said that the latest submission took."""
        if self._record is None:
            return (self.line or {}).get("cost") or {}
        return self._record.entry.cost or {}

    def stored_files(self) -> list[StoredFile]:
        """Return the files that its line names; none if one of them cannot be understood."""
        try:
            return [StoredFile.from_dict(file) for file in (self.line or {}).get("files") or ()]
        except (ValueError, TypeError):
            return []

    def paid_with(self, entry: Entry) -> float:
        """Return what the run has bought for the item, with the submission that an entry is about."""
        if entry.state is State.REFUSED:
            return self.paid_before
        stated = (entry.cost or {}).get("amount")
        return self.paid_before + (self.price if stated is None else float(stated))

    def paid_by(self, rules: Rules) -> float:
        """Return what a task has bought for the item in all of its tries."""
        if not rules.same_task(self.by):
            return 0.0
        return float(self.line["journal"]["paid"]) if self.untouched and self.line else self.known().paid

    def leave(self) -> None:
        """Let the job be: the item is bought again."""
        record = self.known()
        self.former = None if record.status is Status.FAILED else record
        self.buy(record.entry.left_behind())

    def fall_back(self, **changes: Any) -> bool:
        """
        Go back to what was bought before, as nothing new was taken.

        :param changes: of the former record.
        :return: whether there is anything.
        """
        if self.former is None:
            return False
        self.record = replace(self.former, at=self.after(0.0), **changes)
        return True

    def buy(self, before: Entry) -> None:
        """
        Let the item be bought again.

        :param before: the entry whose counts go on.
        """
        self.step, self.before = Step.BUY, before
        self.reused = False

    def buy_as_noted(self, before: Entry, rules: Rules, error: str = "") -> None:
        """
        Let the item be bought again, and be noted so: there may be no room for it before a deferral.

        :param before: the entry whose counts go on.
        :param rules: the user's.
        :param error: why it is.
        """
        record, self.paid_before = self.known(), self.paid_by(rules)
        noted = record.moved_to(Status.NOT_SENT, error, entry=before, by=rules.by, paid=self.paid_before)
        self.record = replace(noted, at=self.after(record.at))
        self.buy(before)

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

    def same_task(self, by: str) -> bool:
        """Whether this task bought something, perhaps before it was cleared."""
        return by.partition(".")[0] == self.by.partition(".")[0]

    def outcome(self, item: Item) -> Status:
        """Return how an item counts for this task: a success that it failed to replace is a failure."""
        refused = item.tried_by == self.by and item.status is Status.SUCCESS
        return Status.FAILED if refused else item.status

    def unwanted(self, item: Item) -> bool:
        """Whether a job is bought again although it may bring, or has brought, a result."""
        bought = item.erased or item.status in (Status.SUCCESS, Status.UNFINISHED)
        if not bought or self.by in (item.by, item.tried_by):
            return False
        if item.version and item.row.version not in ("", item.version):
            log.warning("Row %s was written again since it was bought, and is bought again", item.row.index)
            return True
        return self.buy_again if self.same_task(item.by) else self.overwrite


def decide(item: Item, rules: Rules) -> None:
    """
    Set what a start of the task does about an item, by what is known of it.

    :param item: as it was found; whether a success's files are still there is looked at elsewhere.
    :param rules: the user's.
    """
    if item.line is None:
        return
    ours = item.by == rules.by
    item.paid_before = item.paid_by(rules)
    if rules.unwanted(item):
        item.leave()
    elif item.erased:  # it counts as failed, so that nobody believes that it is there
        item.step = Step.KEEP
    elif item.status is Status.SUCCESS:
        item.step, item.reused = Step.KEEP, not ours
    elif item.status is Status.UNFINISHED:
        item.step, item.reused = Step.WAIT, not ours
    elif item.status is Status.IN_DOUBT:
        item.step = Step.KEEP if item.tried_by == rules.by else Step.SETTLE
    elif item.status is Status.FAILED:
        # Only a person's clear, or a later run, buys again what failed.
        if ours:
            item.step = Step.KEEP
        elif item.known().entry.job_id:
            item.leave()
    elif ours and item.known().at:
        item.before = item.known().entry
