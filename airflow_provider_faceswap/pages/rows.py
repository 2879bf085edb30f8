"""The rows of a batch, read from its manifest and the parts of it, and kept until these change."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from airflow_provider_faceswap.batch.manifest import MANIFEST, Ledger, task_digest
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.pages.database import OutputPath, Task
from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.pages.manifest_versions import Version, versions
from airflow_provider_faceswap.storage.folders import url_problem
from airflow_provider_faceswap.storage.places import said

MAX_BYTES = 64 * 1024 * 1024
"""Of a manifest and its parts: more is not read into the API server's memory."""
KEPT = 8
"""Batches whose rows are kept."""

_UNKNOWN = "Nothing is known of a manifest of this task."
_SHOWN = (
    "index", "key", "status", "job_id", "provider", "operation", "stored", "inputs", "bytes", "cost",
    "seconds", "error", "consent_reference", "time", "submitted_at",
)  # fmt: skip


@dataclass(frozen=True)
class _Table:
    """The rows of a batch by their index, and the digests of the tasks that bought them."""

    version: Version
    rows: dict[int, dict[str, Any]]
    counts: dict[str, int]
    buyers: frozenset[str]


class BatchFolder(NamedTuple):
    """
    Where the rows of a batch are.

    :param url: of the folder that it stores into.
    :param buyer: the digest of a task that must have bought rows there; empty if that need not be proven.
    """

    url: str
    buyer: str


class Rows:
    """The rows of the batches that somebody looks at."""

    def __init__(self) -> None:
        self._tables: OrderedDict[str, _Table] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, folder: BatchFolder, status: str, offset: int, limit: int) -> dict[str, Any]:
        """
        Return some rows of a batch, in the order of its list; it blocks.

        :param folder: of the batch.
        :param status: that the rows must have; empty for any.
        :param offset: rows to leave out.
        :param limit: rows to return.
        :raises NotShownError: saying why there are none.
        """
        table = self._table(folder)
        rows = table.rows.values()
        matching = [row for row in rows if not status or row["status"] == status]
        return {
            "total": len(rows),
            "matching": len(matching),
            "counts": table.counts,
            "rows": matching[offset : offset + limit],
        }

    def row(self, folder: BatchFolder, index: int) -> dict[str, Any]:
        """
        Return one row of a batch; it blocks.

        :param folder: of the batch.
        :param index: of the row in the batch's list.
        :raises NotShownError: saying why there is none.
        """
        row = self._table(folder).rows.get(index)
        if row is None:
            raise NotShownError("not_found", "The batch has no such row.")
        return row

    def _table(self, folder: BatchFolder) -> _Table:
        table = self._newest(folder.url)
        if folder.buyer and folder.buyer not in table.buyers:
            raise NotShownError("not_found", _UNKNOWN)
        return table

    def _newest(self, folder: str) -> _Table:
        try:
            version = versions(folder)
            with self._lock:  # one reader at a time: a manifest takes memory
                known = self._tables.get(folder)
                if known is None or known.version != version:
                    known = self._tables[folder] = _read(folder, version)
                self._tables.move_to_end(folder)
                if len(self._tables) > KEPT:
                    self._tables.popitem(last=False)
                return known
        except NotShownError:
            raise
        except Exception as error:  # each store has errors of its own
            problem = said(error)
        raise NotShownError("store_failed", f"The manifest cannot be read: {problem}")


def folder_of(task: Task, result: Any, output_path: OutputPath) -> BatchFolder:
    """
    Return the folder of a batch.

    :param task: the batch's.
    :param result: what its task returned, as anybody may have edited it.
    :param output_path: where the task stores.
    :raises NotShownError: if the task stores nowhere, or not there.
    """
    if output_path.whole and output_path.text:
        folder, buyer = output_path.text, ""
    else:
        # Below what the Dag's author wrote other Dags may have folders too, and an XCom can be edited.
        buyer = task_digest(task)
        url = result.get("manifest") if isinstance(result, Mapping) else None
        folder = url.removesuffix(f"/{MANIFEST}") if isinstance(url, str) else ""
        if not folder or not output_path.allows(folder):
            raise NotShownError("not_found", _UNKNOWN)
    if url_problem(folder):
        raise NotShownError("not_found", "The task's output_path is not the URL of a folder.")
    return BatchFolder(folder, buyer)


def _read(folder: str, version: Version) -> _Table:
    if sum(size for _, size, _ in version) > MAX_BYTES:
        raise NotShownError("store_failed", "The manifest is too large for a page: use read_manifest.")
    try:
        ledger = Ledger(folder)
        ledger.load()
    except FaceSwapError as error:
        problem = said(error)
    else:
        listed = [line for line in ledger.lines.values() if isinstance(line.get("index"), int)]
        listed.sort(key=lambda line: line["index"])
        rows = {line["index"]: {name: line.get(name) for name in _SHOWN} for line in listed}
        counts = Counter(str(row["status"]) for row in rows.values())
        buyers = frozenset(str(line["journal"]["by"]).partition(".")[0] for line in ledger.lines.values())
        return _Table(version, rows, dict(counts), buyers)
    raise NotShownError("store_failed", problem)
