"""What people decided about submissions in doubt of a batch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from airflow_provider_faceswap.apis.reading import JOB_ID
from airflow_provider_faceswap.apis.results import iso
from airflow_provider_faceswap.batch.book import Book
from airflow_provider_faceswap.batch.collecting import Collector
from airflow_provider_faceswap.batch.item import Item, Step
from airflow_provider_faceswap.batch.plan import Plan
from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.exceptions import SettingsError
from airflow_provider_faceswap.journal.entry import State

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decisions:
    """
    The decisions of one start.

    :param plan: of the batch.
    :param book: what is known of the items.
    :param collector: knows what callbacks say.
    """

    plan: Plan
    book: Book
    collector: Collector

    def obey(self, items: Sequence[Item]) -> list[Item]:
        """
        Do what a person wrote into the task's state about items in doubt.

        :return: those about which there is anything, which is to be noted.
        :raises JournalError: if it is neither an id nor ``resubmit``; then nothing is done.
        """
        told = {item: word for item in items if (word := self._told(item))}
        again = [item for item, word in told.items() if word == "resubmit" and self.plan.may_adopt(item)]
        proven = self._proven(again)  # their callbacks came: to buy them again would pay twice
        for item in [item for item in told if item not in proven]:
            self._obey(item, told[item])
        return list(told)

    def _proven(self, items: Sequence[Item]) -> list[Item]:
        try:
            return self.collector.adopt(items, certain=True)
        except SettingsError as error:  # who has given the receiver up has no proof
            log.warning("%s; so decisions to buy again count", error)
            return []

    def _told(self, item: Item) -> str:
        told, wish = self.book.journal.adopted(item.key), self.book.journal.wish(item.key, item.row.index)
        if told and told != "resubmit" and not JOB_ID.match(told):
            raise self.book.journal.misunderstood(item.key)
        if told is None and wish and wish.fits(item.known().entry) and (wish.key or self._is_only_one(item)):
            told = wish.job_id or "resubmit"
        return told or ""

    def _obey(self, item: Item, told: str) -> None:
        entry = item.known().entry
        if told == "resubmit":
            log.warning("Row %s is bought again, as a person decided", item.row.index)
            self.book.journal.forget(item.key)  # first: whoever dies now buys nothing
            again = {"doubts": entry.doubts + 1, "submitted_at": 0.0, "deadline": 0.0}
            refused = entry.moved_to(State.REFUSED, nonce="", problem="", **again)
            item.buy_as_noted(refused, self.book.rules)
        else:
            log.info("Row %s: job %s is adopted, as a person decided", item.row.index, told)
            # A person has looked: the wait for the job begins now.
            adopted = entry.moved_to(State.RUNNING, job_id=told, deadline=0.0, problem="")
            item.record = replace(item.known(), entry=adopted, status=Status.UNFINISHED, error="")
            item.step = Step.WAIT

    def _is_only_one(self, item: Item) -> bool:
        """Return whether no other doubt was submitted in the same moment: then that tells which is meant."""
        sent_at = iso(item.known().entry.attempted_at)
        others = (other for other in self.book.items if other.step is Step.SETTLE and other is not item)
        only = all(iso(other.known().entry.attempted_at) != sent_at for other in others)
        if not only:
            log.warning("Row %s: a decision that does not name the row's key is ignored", item.row.index)
        return only
