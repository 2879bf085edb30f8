"""What workers and receivers have left in the inbox, in the spool and beside the results of batches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from airflow_provider_faceswap.batch.erasing import BATCHES
from airflow_provider_faceswap.batch.manifest import Ledger
from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.batch.watching import JOBS
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.cli.needed import Needed
from airflow_provider_faceswap.cli.traces import Trace
from airflow_provider_faceswap.exceptions import NotSentError
from airflow_provider_faceswap.storage.places import open_place
from airflow_provider_faceswap.storage.spool import is_spooled
from airflow_provider_faceswap.storage.subfolders import subfolders, written

_OPEN = {Status.UNFINISHED.value, Status.IN_DOUBT.value}


def of_inbox(url: str, needed: Needed, before: float) -> Iterator[Trace]:
    """
    Yield the callbacks and claims that no job waits for.

    :param url: of the inbox.
    :param needed: by jobs.
    :param before: when they were written at the latest, in seconds since the epoch.
    """
    inbox = Inbox(url)
    for subfolder, names in inbox.older_than(before).items():
        for name in names:
            named = name.lstrip(".").partition(".")[0]
            if named not in needed.nonces | needed.job_ids:
                act = partial(inbox.remove, subfolder, name)
                yield Trace("callback in the inbox", f"{url}/{subfolder}/{name}", act)


def of_spool(url: str, needed: Needed, before: float) -> Iterator[Trace]:
    """
    Yield the pictures that no task will store.

    :param url: of a folder of the spool.
    :param needed: by jobs.
    :param before: as above.
    """
    for name, at in sorted(written(url).items()):
        where = f"{url}/{name}"
        if is_spooled(name) and at < before and where not in needed.spooled:
            place = open_place(url, NotSentError)
            yield Trace("picture in the spool", where, partial(place.remove, name))


def of_batches(url: str, needed: Needed, before: float) -> Iterator[Trace]:
    """
    Yield the lists of batches that have ended, with the lists of jobs that they watched.

    :param url: of the folder that they store into.
    :param needed: by jobs.
    :param before: as above.
    """
    ended = [name for name in subfolders(f"{url}/{BATCHES}") if name not in needed.batches]
    if not ended:
        return
    # A run that Airflow has no longer is known by its lines alone.
    ledger = Ledger(url)
    ledger.load()
    open_ = {
        str(line["journal"]["by"]).partition(".")[0]
        for line in ledger.lines.values()
        if line["status"] in _OPEN
    }
    for digest in ended:
        folder = f"{url}/{BATCHES}/{digest}"
        files = {
            name: at
            for name, at in written(folder).items()
            if name == JOBS or (name.startswith("items-") and name.endswith(".jsonl"))
        }
        if digest in open_ or any(at >= before for at in files.values()):
            continue
        place = open_place(folder, NotSentError)
        for name in sorted(files):
            yield Trace("list of a batch", f"{folder}/{name}", partial(place.remove, name))
