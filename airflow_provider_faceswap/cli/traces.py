"""What is kept of a job outside of Airflow's database, so that it can be listed, and then deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.journal.entry import Entry, Left
from airflow_provider_faceswap.options import folder_option
from airflow_provider_faceswap.pages.database import Task
from airflow_provider_faceswap.storage import spool
from airflow_provider_faceswap.storage.places import Place, open_place
from airflow_provider_faceswap.storage.provenance import MAX_LINE, SUFFIX, Owner, read_line
from airflow_provider_faceswap.storage.records import FOLDER as RECORDS
from airflow_provider_faceswap.storage.stored_file import StoredFile

_AT_ONCE = 16

Record = Mapping[str, Any]
"""What stands beside a stored file."""


@dataclass(frozen=True)
class Trace:
    """
    Something that is kept of a job, or that a job left behind.

    :param what: for people.
    :param where: for people.
    :param remove: deletes it; raises what the store raises.
    """

    what: str
    where: str
    remove: Callable[[], object] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Job:
    """
    A job to be forgotten.

    :param provider: the vendor's connection type.
    :param id: the vendor's, or what names it where there is none.
    :param dag_id: of the Dag that bought it; empty for any.
    :param nonces: of its callbacks.
    :param spooled_at: where its picture waits to be stored.
    :param stored: URLs of its files, as its journal names them.
    :param identity: names the record of its inputs.
    :param submitted_at: when, in seconds since the epoch: another host may give the same id; 0 for any time.
    """

    provider: str
    id: str
    dag_id: str = ""
    nonces: tuple[str, ...] = ()
    spooled_at: str = ""
    stored: tuple[str, ...] = ()
    identity: str = ""
    submitted_at: float = 0.0

    def made(self, name: str, record: Record) -> bool:
        """Whether a record says that this job made the file beside it."""
        owner = Owner(self.provider, self.id, "", self.submitted_at or None)
        ours = not self.dag_id or record.get("dag_id") == self.dag_id
        return bool(self.id) and owner.owns(dict(record)) and ours and record.get("file") == name


def job_of(task: Task, entry: Entry, nonce: object = "") -> Job:
    """
    Return the job of an entry.

    :param task: whose it is.
    :param entry: the journal's.
    :param nonce: that the journal keeps beside it.
    """
    nonces = {entry.nonce, nonce if isinstance(nonce, str) else ""} - {""}
    stored = tuple(file.url for file in _files(entry.result))
    names = (entry.provider, entry.job_id or entry.name, task.dag_id)
    return Job(*names, tuple(nonces), entry.spooled_at, stored, entry.identity, entry.attempted_at)


def job_left(left: Left, dag_id: str = "") -> Job:
    """Return a job that a later purchase has left behind."""
    nonces = (left.nonce,) if left.nonce else ()
    return Job(
        left.provider,
        left.job_id or left.name,
        dag_id,
        nonces,
        identity=left.identity,
        submitted_at=left.attempted_at,
    )


def _files(result: Mapping[str, Any] | None) -> Iterator[StoredFile]:
    for file in (result or {}).get("files") or ():
        try:
            yield StoredFile.from_dict(file)
        except ValueError:
            continue  # anybody may have edited it


def read_records(folder: str, names: Iterable[str] | None = None) -> dict[str, Record]:
    """
    Read what stands beside stored files of a folder, which takes a request for each.

    :param folder: a checked URL.
    :param names: of the files; all of the folder if None.
    :return: by the names of the files.
    """
    place = open_place(folder, ResultError)
    if names is None:
        try:
            names = [name.removesuffix(SUFFIX) for name in place.names("") if name.endswith(SUFFIX)]
        except FileNotFoundError:
            return {}
    names = sorted(names)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(names, pool.map(partial(read_line, place, denied=True), names), strict=True))


def stored_traces(jobs: Collection[Job], folder: str, records: Mapping[str, Record]) -> Iterator[Trace]:
    """
    Yield the files of jobs in a folder, with what stands beside them.

    :param jobs: to be forgotten.
    :param folder: a checked URL.
    :param records: of the folder.
    """
    place = open_place(folder, ResultError)
    for name, record in records.items():
        if any(job.made(name, record) for job in jobs):
            if place.exists(name):
                yield Trace("stored file", f"{folder}/{name}", partial(place.remove, name))
            record_url = f"{folder}/{name}{SUFFIX}"
            yield Trace("provenance record", record_url, partial(_remove_record, place, name))


def _remove_record(place: Place, name: str) -> None:
    if place.exists(name):  # without its record, nobody finds it again
        raise ResultError("its file is still there")
    place.remove(name + SUFFIX)


def of_other_dags(jobs: Collection[Job], folder: str, records: Mapping[str, Record]) -> Iterator[str]:
    """
    Yield sentences about files of jobs whose records name another Dag.

    A person who may edit the journal of one Dag could name the jobs of another there, so these files stay.

    :param jobs: to be forgotten.
    :param folder: a checked URL.
    :param records: of the folder.
    """
    for name, record in records.items():
        for job in jobs:
            if replace(job, dag_id="").made(name, record) and not job.made(name, record):
                yield (
                    f"{folder}/{name}: its record names the Dag {record.get('dag_id')!r}: to delete it as "
                    f"well, give --provider {job.provider} --job-id {job.id} --output-path {folder}"
                )


def left_by_killed(folder: str) -> Iterator[Trace]:
    """
    Yield what killed workers left of files on their way, whichever job they are of.

    :param folder: a checked URL.
    """
    place = open_place(folder, ResultError)
    for name in place.stale():
        yield Trace("left by a killed worker", f"{folder}/{name}", partial(place.remove_stale, name))


def reuse_traces(jobs: Collection[Job], folder: str) -> Iterator[Trace]:
    """
    Yield the records by which other tasks would use the jobs' results again.

    :param jobs: to be forgotten.
    :param folder: a checked URL.
    """
    place = open_place(f"{folder}/{RECORDS}", ResultError)
    try:
        names = [name for name in place.names("") if name.endswith(".json")]
    except FileNotFoundError:
        return
    made = {(job.provider, job.id) for job in jobs}
    same = {f"{job.identity}.json" for job in jobs}
    for name in names:
        result = _result(place, name)
        if name in same or (result.get("provider"), result.get("job_id")) in made:
            yield Trace("record for reuse_stored", f"{folder}/{RECORDS}/{name}", partial(place.remove, name))


def _result(place: Place, name: str) -> dict[str, Any]:
    try:
        found = json.loads(place.read(name, MAX_LINE))["result"]
    except (FileNotFoundError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def waiting_traces(job: Job) -> Iterator[Trace]:
    """
    Yield a job's callbacks in the inbox, and its picture in the spool.

    :param job: to be forgotten.
    """
    url = folder_option("inbox")
    for nonce in job.nonces if url else ():
        inbox = Inbox(url or "")
        if inbox.digests(job.provider, nonce) or inbox.claimed(job.provider, job.id) == nonce:
            where = f"{url}/{job.provider}/{nonce}.*"
            yield Trace("callback in the inbox", where, partial(inbox.delete, job.provider, nonce))
    if job.spooled_at:
        yield Trace("picture in the spool", job.spooled_at, partial(spool.remove, job.spooled_at))
