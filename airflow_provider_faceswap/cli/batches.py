"""The rows of a batch, by the manifest in its folder and by its journal in the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from airflow_provider_faceswap.batch.items.frozen import frozen_name, thaw
from airflow_provider_faceswap.batch.journal import BatchJournal, Head
from airflow_provider_faceswap.batch.manifest import Ledger, task_digest
from airflow_provider_faceswap.batch.record import Record, order_of, read_line
from airflow_provider_faceswap.cli.purchases import Purchase
from airflow_provider_faceswap.cli.state_store import Kept, state_of
from airflow_provider_faceswap.exceptions import FaceSwapError, NotSentError
from airflow_provider_faceswap.pages.database import Known, look_up
from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.pages.rows import folder_of
from airflow_provider_faceswap.storage.folders import local_path
from airflow_provider_faceswap.storage.places import Place, open_place, said


@dataclass(frozen=True)
class Batch:
    """
    What is known of a batch.

    :param kept: the head of its journal.
    :param head: the same.
    :param folder: that it stores into; empty if nobody knows.
    :param known: what Airflow's database says of its task.
    :param records: what its task bought, by the keys of the items.
    :param rows: the positions of items in the list.
    :param consents: the consent_reference of items that have one.
    :param theirs: keys of items that another task has bought again since.
    :param problem: why its folder could not be read.
    """

    kept: Kept
    head: Head
    folder: str
    known: Known
    records: Mapping[str, Record] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    consents: Mapping[str, str] = field(default_factory=dict)
    theirs: Collection[str] = ()
    problem: str = ""

    def purchases(self) -> list[Purchase]:
        """Return what its task bought, in the order of the list."""
        found = [
            Purchase(self.kept.task, self.kept.state, record.entry, self.rows.get(key), key)
            for key, record in self.records.items()
        ]
        return sorted(found, key=lambda item: (item.row is None, item.row or 0, item.key))

    def counts(self) -> dict[str, int]:
        """Return how many of its rows stand how."""
        return dict(Counter(record.status.value for record in self.records.values()))


def settled_counts(kept: Kept) -> dict[str, int] | None:
    """Return what a batch returned, if nothing of it is open: then its manifest need not be read."""
    result = look_up(kept.task).result if kept.state == "success" else None
    if not isinstance(result, dict) or any(result.get(name) != 0 for name in ("in_doubt", "unfinished")):
        return None
    names = ("succeeded", "reused", "failed", "not_sent")
    return {name: result[name] for name in names if isinstance(result.get(name), int) and result[name]}


def own_folder(folder: str, digest: str) -> Place:
    """
    Return the folder in which a batch keeps its list.

    :param folder: that it stores into.
    :param digest: of its task.
    """
    return open_place(f"{folder}/_faceswap/batches/{digest}", NotSentError)


def read_batch(session: Session, kept: Kept) -> Batch:
    """
    Read what is known of a batch; where its folder cannot be read, by its journal alone.

    :param session: of the metadata database.
    :param kept: the head of its journal.
    :raises FaceSwapError: if the journal cannot be understood.
    """
    journal = BatchJournal(state_of(session, kept.task), kept.task)
    head = journal.load_head() or Head()
    records = {record.key: record for record in journal.records()}
    rows: dict[str, int] = {}
    consents: dict[str, str] = {}
    theirs: set[str] = set()
    known = look_up(kept.task)
    folder = problem = ""
    try:
        folder = folder_of(kept.task, known.result, known.output_path).url
        path = local_path(folder)
        if records and path is not None and not path.is_dir():
            raise NotSentError(
                f"{folder} is not on this machine (if it was deleted, make an empty folder of that name)"
            )
        digest = task_digest(kept.task)
        ledger = Ledger(folder)
        ledger.load()
        for key, line in ledger.lines.items():
            if str(line["journal"]["by"]).partition(".")[0] == digest:
                _take(records, key, line)
                consents[key] = str(line.get("consent_reference") or "")
            elif key in records and _holds(line, records[key]):
                theirs.add(key)
        frozen = thaw(own_folder(folder, digest), frozen_name(head.epoch)) or []
        consents |= {row.key: row.consent_reference for row in frozen if row.consent_reference}
        rows = {row.key: row.index for row in frozen} | {
            key: line["index"] for key, line in ledger.lines.items() if isinstance(line["index"], int)
        }
    except (FaceSwapError, NotShownError, ValueError) as error:
        problem = said(error)
    return Batch(kept, head, folder, known, records, rows, consents, theirs, problem)


def _take(records: dict[str, Record], key: str, line: Mapping[str, Any]) -> None:
    """Let a line of the manifest say how an item stands, unless the journal knows more."""
    if _holds(line, records.get(key)):
        records[key] = read_line(line)


def _holds(line: Mapping[str, Any], noted: Record | None) -> bool:
    return noted is None or (noted.at, noted.status.rank) <= order_of(line)[:2]
