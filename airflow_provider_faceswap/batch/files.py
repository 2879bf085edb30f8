"""Whether what a batch has stored is still there; a folder may have been moved with its manifest."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from airflow_provider_faceswap.batch.book import Book
from airflow_provider_faceswap.batch.item import Item, Step
from airflow_provider_faceswap.batch.plan import Plan
from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.storage.listing import Listing

log = logging.getLogger(__name__)

_GONE = "its file is gone, and the vendor cannot be asked for it; a later run or a clear buys it again"


def look_at_files(plan: Plan, book: Book, listing: Listing) -> list[Item]:
    """
    Look for the files of items that have succeeded.

    :param plan: of the batch.
    :param book: what is known of its items.
    :param listing: of the folder.
    :return: items of which something else is known now.
    """
    changed, gone = [], []
    for item in book.items:
        if item.step is not Step.KEEP or item.status is not Status.SUCCESS:
            continue
        files = item.stored_files()
        if not files or not all(map(listing.holds, files)):
            gone.append(item)
        elif not all(map(listing.covers, files)):
            book.relocate(item, listing.folder)
            changed.append(item)
    for item, comes_again in zip(gone, _can_come_again(plan, gone), strict=True):
        record = item.known()
        if comes_again:
            log.warning("The files of job %s are gone; it is asked for again", record.entry.job_id)
            lost = record.moved_to(Status.UNFINISHED, result=None)
            # Without a deadline it gets one.
            entry = lost.entry.moved_to(lost.entry.state, deadline=0.0)
            item.record, item.step = replace(lost, entry=entry), Step.WAIT
        else:
            log.warning("Row %s: %s", item.row.index, _GONE)
            failed = record.moved_to(Status.FAILED, _GONE, by=book.rules.by, paid=item.paid_before)
            # Later than what the journal says of it.
            item.record = replace(failed, at=item.after(record.at))
        changed.append(item)
    return changed


def _can_come_again(plan: Plan, items: Sequence[Item]) -> list[bool]:
    jobs = [bool(item.known().entry.job_id) and not plan.request_of(item).answers_at_once for item in items]
    if plan.completion.repeatable or not any(jobs):
        return jobs
    # A vendor that only calls back does so once.
    kept = plan.completion.answers_all([item.known().entry.ticket() for item in items])
    return [job and bool(bodies) for job, bodies in zip(jobs, kept, strict=True)]
