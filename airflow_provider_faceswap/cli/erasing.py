"""What is to be done for an erasure request: found first, so that it can be shown, and done later."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from airflow_provider_faceswap.batch.claim import NO_STATUS, Claim, StateOf, take_claim
from airflow_provider_faceswap.batch.erasing import erase_lines, lists_with
from airflow_provider_faceswap.batch.journal import BatchJournal
from airflow_provider_faceswap.batch.manifest import MANIFEST, Ledger
from airflow_provider_faceswap.batch.record import read_line
from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.cli.forgetting import Found, folders_of_run
from airflow_provider_faceswap.cli.purchases import Purchase, name_of
from airflow_provider_faceswap.cli.state_store import ACTIVE, TaskStore, state_of
from airflow_provider_faceswap.cli.traces import (
    Job,
    Trace,
    job_left,
    job_of,
    left_by_killed,
    of_other_dags,
    read_records,
    reuse_traces,
    stored_traces,
    waiting_traces,
)
from airflow_provider_faceswap.exceptions import InputError, NotSentError
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.store import CALLBACK_KEY, KEY
from airflow_provider_faceswap.pages.database import look_up
from airflow_provider_faceswap.storage.folders import local_path, url_problem
from airflow_provider_faceswap.storage.places import open_place, said

_CLAIM = "_faceswap"
_SETTLED = ("success", "failed", "not_sent")


@dataclass
class Plan:
    """
    What is to be done.

    :ivar traces: what is deleted, in this order.
    :ivar lines: rows of manifests, by the folder of the batch: the keys of the items.
    :ivar notes: what the journals say afterwards.
    :ivar remains: what is not deleted, and why.
    :ivar problems: what could not be looked at: then the journals stay, so that it can be done again.
    """

    traces: list[Trace] = field(default_factory=list)
    lines: dict[str, set[str]] = field(default_factory=dict)
    notes: list[Callable[[], object]] = field(default_factory=list)
    remains: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @contextmanager
    def _looking(self, where: str, *, must: bool = True) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # each store has errors of its own
            (self.problems if must else self.remains).append(f"{where} cannot be read: {said(error)}")

    def add(self, session: Session, found: Found, moment: float) -> None:
        """Find what is kept of some purchases."""
        if found.batch is None:
            self._add_single(session, found, moment)
        else:
            self._add_rows(session, found, moment)

    def _add_single(self, session: Session, found: Found, moment: float) -> None:
        (purchase,), task, store = found.purchases, found.kept.task, TaskStore(session, found.kept.task)
        entry = purchase.entry
        jobs = [job_of(task, entry, store.get(CALLBACK_KEY))]
        jobs += [job_left(job, task.dag_id) for job in entry.left]
        if found.ids is not None:
            jobs = [job for job in jobs if job.id in found.ids]
        path = look_up(task).output_path
        stored = {url.rpartition("/")[0] for job in jobs for url in job.stored}
        own = stored | ({path.text} if path.whole else set())
        # Any operator may have an output_path: what cannot be read there need not be ours.
        for folder in sorted(own | folders_of_run(session, task)):
            if folder and not url_problem(folder):
                self.add_folder(jobs, folder, must=folder in own)
        self._add_waiting(jobs)
        self._check_stored(jobs)
        erased = entry.erased_at(moment, found.ids)
        if erased != entry:
            self.notes.append(partial(_note, store, found, erased))
            self.traces.append(Trace("journal: result and media", purchase.name, _nothing))

    def _add_rows(self, session: Session, found: Found, moment: float) -> None:
        batch, task = found.batch, found.kept.task
        if batch is None:
            raise AssertionError("no batch")
        jobs = []
        purchases = [item for item in found.purchases if not item.entry.erased]
        for item in purchases:
            result = batch.records[item.key].result
            with_files = item.entry.model_copy(update={"result": dict(result) if result else None})
            jobs += [job_of(task, with_files), *(job_left(job, task.dag_id) for job in item.entry.left)]
        if batch.folder and not batch.problem:
            with self._looking(batch.folder):
                # No journal names the files of what a later purchase left behind: all records are read.
                left = any(item.entry.left for item in purchases)
                names = None if left else {url.rpartition("/")[2] for job in jobs for url in job.stored}
                records = read_records(batch.folder, names)
                self.traces += [*stored_traces(jobs, batch.folder, records), *left_by_killed(batch.folder)]
                self.remains += of_other_dags(jobs, batch.folder, records)
                self._add_lines(batch.folder, {item.key: item.row for item in purchases})
        self._add_waiting(jobs)
        self._check_stored(jobs)
        journal = BatchJournal(state_of(session, task), task)
        journal.load_head()
        for item in purchases:
            self.notes.append(partial(journal.erase, item.key, moment))
            self.traces.append(Trace("journal: result", item.name, _nothing))

    def add_folder(self, jobs: Collection[Job], folder: str, consent: str = "", *, must: bool = True) -> None:
        """
        Find the files of jobs in a folder.

        :param jobs: to be forgotten.
        :param folder: a checked URL.
        :param consent: a consent_reference: the files of any job that have it are found as well.
        :param must: whether nothing is done at the end if it cannot be read.
        """
        path = local_path(folder)
        if path is not None and not path.is_dir():
            self.remains.append(f"{folder} is not on this machine: run the command where it is, too")
            return
        with self._looking(folder, must=must):
            records = read_records(folder)
            known = {trace.where for trace in self.traces}
            consented = [
                Job(str(record.get("provider")), str(record.get("job_id") or record.get("uuid")))
                for record in records.values()
                if consent and record.get("consent_reference") == consent
            ]
            found = [*stored_traces([*jobs, *consented], folder, records)]
            found += reuse_traces([*jobs, *consented], folder)
            found += left_by_killed(folder) if must else ()
            self.traces += [trace for trace in found if trace.where not in known]

    def add_manifest(self, jobs: Collection[Job], folder: str, consent: str) -> list[Job]:
        """
        Find the rows of jobs in the manifest of a folder, whichever task bought them.

        :param jobs: to be forgotten.
        :param folder: a checked URL.
        :param consent: a consent_reference: the rows that have it are found as well.
        :return: all jobs that were bought for these rows.
        """
        bought: list[Job] = []
        named = {(job.provider, job.id) for job in jobs}
        with self._looking(folder):
            ledger = Ledger(folder)
            ledger.load()
            lines = {
                key: line
                for key, line in ledger.lines.items()
                if key not in self.lines.get(folder, ())
                and not line["journal"]["entry"].get("erased")
                and (
                    any(
                        (job.get("provider"), job.get("job_id")) in named
                        for job in (line, *line["journal"]["entry"].get("left", ()))
                    )
                    or (consent and line["consent_reference"] == consent)
                )
            }
            settled = {key: line for key, line in lines.items() if line["status"] in _SETTLED}
            for line in (lines[key] for key in lines.keys() - settled.keys()):
                self.problems.append(f"{folder}: row {line['index']} is {line['status']}: settle it first")
            entries = [read_line(line).entry for line in settled.values()]
            bought += [job_left(job) for entry in entries for job in entry.left_behind().left]
            self._add_lines(folder, {key: line["index"] for key, line in settled.items()})
        return bought

    def _add_lines(self, folder: str, rows: Mapping[str, int | None]) -> None:
        if not rows:
            return
        lists = [
            Trace("list of the batch", each.url, each.remove) for each in lists_with(folder, rows.keys())
        ]
        where = f"{folder}/{MANIFEST}, row {', '.join(map(str, rows.values()))}"
        self.traces += [*lists, Trace("manifest: item and media", where, _nothing)]
        self.lines.setdefault(folder, set()).update(rows)

    def _add_waiting(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            with self._looking("the inbox or the spool"):
                self.traces += waiting_traces(job)

    def _check_stored(self, jobs: Iterable[Job]) -> None:
        """Name the files that the journal names, and that were not found as this job's."""
        found = {trace.where for trace in self.traces}
        for url in (url for job in jobs for url in job.stored if url not in found):
            self.remains.append(f"{url}: no such file with a provenance record of this job and this Dag")

    def carry_out(self, session: Session, moment: float, say: Callable[[str], None]) -> None:
        """
        Delete what was found.

        :param session: of the metadata database.
        :param moment: in seconds since the epoch.
        :param say: prints what was deleted.
        :raises CommandError: if something could not be deleted.
        """
        failed = []
        with ExitStack() as claims:
            held = {folder: claims.enter_context(_held(folder, session)) for folder in self.lines}
            for trace in self.traces:
                try:
                    trace.remove()
                except Exception as error:  # each store has errors of its own
                    failed.append(f"{trace.where} could not be deleted: {said(error)}")
                else:
                    if trace.remove is not _nothing:
                        say(f"Deleted: {trace.what} {trace.where}")
            if failed or self.problems:
                raise CommandError(
                    "\n".join([*failed, *self.problems])
                    + "\nThe rest was deleted, and the journals and manifests stay as they are, so that you "
                    "can run the same command again when this is mended."
                )
            for folder, keys in self.lines.items():
                erase_lines(folder, keys, held[folder], moment)
        for note in self.notes:
            note()


def _note(store: TaskStore, found: Found, erased: Entry) -> None:
    if store.get(KEY) != found.kept.value:
        raise CommandError(f"The journal of {name_of(found.kept.task)} has changed meanwhile: run it again.")
    store.set(KEY, erased.as_dict())


def _nothing() -> None:
    """It is done at the end, when all else is deleted."""


@contextmanager
def _held(folder: str, session: Session) -> Iterator[Claim]:
    """Hold a batch's folder as a task would, so that no batch writes there meanwhile."""
    owner = {
        "dag_id": "airflow faceswap forget",
        "run_id": f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {uuid4().hex[:8]}",
        "task_id": "forget",
        "map_index": -1,
        "try_number": 0,
    }
    problem = ""
    try:
        claim = take_claim(open_place(f"{folder}/{_CLAIM}", NotSentError), owner, _task_states(session))
    except (NotSentError, InputError) as error:
        problem = str(error).replace("; nothing was sent to the vendor", "")
    if problem:
        raise CommandError(f"Nothing was deleted: {problem}")
    try:
        yield claim
    finally:
        claim.release()


def _task_states(session: Session) -> StateOf:
    from airflow.models.taskinstance import TaskInstance

    def state_of_owner(owner: object) -> str | None:
        names = ("dag_id", "run_id", "task_id", "map_index")
        same = [getattr(TaskInstance, name) == owner[name] for name in names]  # type: ignore[index]
        found = session.execute(select(TaskInstance.state).where(*same)).one_or_none()
        return None if found is None else str(found[0] or NO_STATUS)

    return state_of_owner


def why_not(purchase: Purchase, now: float) -> str:
    """Return why a purchase cannot be forgotten now; empty if it can."""
    entry = purchase.entry
    if purchase.task_state in ACTIVE:
        return f"{purchase.name} is {purchase.task_state}: wait until it has ended"
    if purchase.state in ("in_doubt", "submitting"):
        return f"{purchase.name} is in doubt: settle it first, with adopt or resubmit"
    # A task that does not wait for its job leaves the entry as it is; another one collects the job.
    left_running = purchase.task_state == "success" and entry.deadline <= now
    if entry.state is State.RUNNING and not left_running:
        return (
            f"{purchase.name}: job {entry.job_id or '(no id)'} runs: clear the task, so that it is collected"
        )
    return ""
