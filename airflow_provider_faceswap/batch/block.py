"""A block of submissions side by side: all intents are noted before any is sent, all answers right after."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.batch.block_journal import BlockJournal, ItemJournal
from airflow_provider_faceswap.batch.item import Item
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.execution.inputs import Inputs
from airflow_provider_faceswap.execution.purchase import IN_DOUBT, Purchase
from airflow_provider_faceswap.journal.entry import Entry

log = logging.getLogger(__name__)

BLOCK = 16
"""Submissions side by side; a kill leaves at most this many in doubt."""
FLUSH_SECONDS = 1.0
"""Seconds after which ids are written although others of the block are still on their way."""


@dataclass(frozen=True)
class ItemInputs(Inputs):
    """
    The inputs of an item, which its key stands for.

    :param key: of the item.
    """

    key: str = ""

    @property
    def digests(self) -> dict[str, str]:
        """The item's key: its inputs are frozen in the list."""
        return {"item": self.key}

    @property
    def versions(self) -> dict[str, str]:
        """Nothing: a listing gave them where it did."""
        return {}

    def identity(self) -> str:
        """Return nothing: the manifest is what later runs go by."""
        return ""


@dataclass(frozen=True)
class ItemPurchase(Purchase):
    """
    The purchase of an item; what all items share was checked before the first one.

    :param item: what is bought; it gets the price.
    """

    item: Item

    @property
    def label(self) -> str:
        """The item's row."""
        return f"Row {self.item.row.index}: "

    def check(self, before: Entry | None) -> Submission:
        """Check, measure and sign the item's own inputs."""
        request = self.inputs.request()
        price = request.price()
        self.item.price = price.amount if price else 0.0
        return request


@dataclass(frozen=True)
class Answer:
    """
    What a submission came to.

    :param entry: the journal's; None if nothing was noted.
    :param job: as the vendor described it; None where that is in doubt, or refused.
    :param error: why it was not taken.
    """

    entry: Entry | None = None
    job: Job | None = None
    error: FaceSwapError | None = None


def submit(
    pool: Executor,
    items: Sequence[Item],
    purchase_of: Callable[[Item, ItemJournal], Purchase],
    write: Callable[[Mapping[str, Entry], bool], None],
    admit: Callable[[Collection[str]], Collection[str]],
    how_to: Callable[[str], str],
    *,
    durable: bool,
) -> list[Answer]:
    """
    Submit items side by side.

    :param pool: with a thread for each of them.
    :param items: at most :data:`BLOCK`.
    :param purchase_of: returns what an item buys.
    :param write: notes entries by the keys of their items; the flag asks for retries.
    :param admit: returns which of the items may be bought, given their keys.
    :param how_to: says how to settle an item in doubt.
    :param durable: whether a later try finds what is noted.
    :return: an answer for each item, in their order.
    :raises Exception: what ``write`` raised; of intents, then nothing was sent.
    """
    block = BlockJournal(write, admit, len(items), durable=durable)
    futures: list[Future[Answer]] = []
    try:
        for item in items:
            journal = ItemJournal(block, item.key, how_to(item.key))
            run = contextvars.copy_context().run
            futures.append(pool.submit(run, _submit_one, item, journal, purchase_of))
        while wait(futures, timeout=FLUSH_SECONDS).not_done:
            block.flush()
    finally:  # also where Airflow ends the task meanwhile: what is on its way is waited for
        block.give_up(len(items) - len(futures))
        wait(futures)
        block.flush()
    block.check()
    return [future.result() for future in futures]


def _submit_one(
    item: Item, journal: ItemJournal, purchase_of: Callable[[Item, ItemJournal], Purchase]
) -> Answer:
    try:
        entry, job = purchase_of(item, journal).submit(item.before)
        if job is None:
            log.warning("Row %s: %s: %s", item.row.index, IN_DOUBT, entry.problem)
        return Answer(entry, job)
    except FaceSwapError as error:
        return Answer(journal.entry, None, error)
    finally:
        journal.leave()
