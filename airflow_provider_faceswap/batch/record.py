"""What is known of one item of a batch, and the line of the manifest that says so."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap import __version__
from airflow_provider_faceswap.apis.results import iso
from airflow_provider_faceswap.journal.decisions import erased
from airflow_provider_faceswap.journal.entry import Entry, State

if TYPE_CHECKING:
    from airflow_provider_faceswap.batch.items.rows import Row

TICK = 0.001
"""Seconds between two submissions at least; of two lines about an item the later one holds."""
_KEPT = {"inputs", "identity", "versions", "made_from", "provider", "operation", "problem"}
"""Fields of an entry that stand elsewhere in a line, or that an item does not need."""


class Status(str, enum.Enum):
    """How an item of a batch stands; the order is that of what is known later of one submission."""

    IN_DOUBT = "in_doubt"
    """Submitted, and nobody knows whether the vendor took it."""
    NOT_SENT = "not_sent"
    UNFINISHED = "unfinished"
    """The vendor took it, and its result is not stored."""
    FAILED = "failed"
    SUCCESS = "success"

    @property
    def rank(self) -> int:
        """Which of two statuses of the same submission counts."""
        return _ORDER.index(self)


_ORDER = list(Status)
_STATES = {
    Status.IN_DOUBT: State.IN_DOUBT,
    Status.NOT_SENT: State.REFUSED,
    Status.UNFINISHED: State.RUNNING,
    Status.FAILED: State.FAILED,
    Status.SUCCESS: State.FINISHED,
}
_STATUSES = {state: status for status, state in _STATES.items()} | {State.INTENT: Status.IN_DOUBT}


@dataclass(frozen=True)
class Record:
    """
    What is known of an item.

    :param key: of the item.
    :param endpoint: the operation's key among the vendor's.
    :param entry: of its latest submission.
    :param status: how it stands.
    :param at: the moment of the latest submission, in seconds since the epoch.
    :param by: the task and the clear of it that bought it.
    :param paid: what was bought for the item by that task, earlier submissions and doubts included.
    :param error: what went wrong, for people.
    :param result: as a single task would return it, once finished.
    :param tried_by: the task and the clear of it that wanted to buy the item again, and was refused.
    """

    key: str
    endpoint: str
    entry: Entry
    status: Status
    at: float
    by: str
    paid: float = 0.0
    error: str = ""
    result: Mapping[str, Any] | None = None
    tried_by: str = ""

    @classmethod
    def of_entry(cls, key: str, endpoint: str, entry: Entry, by: str, paid: float = 0.0) -> Record:
        """Return what an entry says of an item."""
        status = _STATUSES[entry.state]
        result = entry.result if status is Status.SUCCESS else None
        return cls(key, endpoint, entry, status, entry.attempted_at, by, paid, entry.problem, result)

    def moved_to(self, status: Status, error: str = "", **changes: Any) -> Record:
        """Return the record with another status."""
        entry = self.entry.moved_to(_STATES[status], problem=error)
        return replace(self, status=status, error=error, **{"entry": entry, **changes})

    def erased_at(self, moment: float) -> Record:
        """Return what stays of it when its result is deleted; it holds against all lines that were."""
        blank = replace(self, entry=self.entry.erased_at(moment), at=self.at + TICK, result=None)
        return blank.moved_to(Status.FAILED, erased(blank.entry))

    @property
    def amount(self) -> float:
        """What the submission took by the vendor's answer; nothing if it did not say."""
        return float((self.entry.cost or {}).get("amount", 0.0))

    def as_entry(self) -> dict[str, Any]:
        """Return what the task state store keeps of it."""
        entry = {name: value for name, value in self.entry.as_dict().items() if name not in _KEPT}
        kept = {"by": self.by, "endpoint": self.endpoint, "paid": self.paid, "at": self.at, "entry": entry}
        return {**kept, "tried_by": self.tried_by} if self.tried_by else kept

    @classmethod
    def from_entry(cls, key: str, value: Mapping[str, Any]) -> Record:
        """
        Read what :meth:`as_entry` returned.

        :raises ValueError: if it is something else.
        """
        entry = _entry(key, value["entry"])
        record = cls.of_entry(key, str(value["endpoint"]), entry, str(value["by"]), float(value["paid"]))
        return replace(record, at=float(value["at"]), tried_by=str(value.get("tried_by") or ""))

    def line(self, row: Row | None, item: Mapping[str, Any], made_from: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return the item's line of the manifest.

        :param row: the item; None if the list does not have it any more.
        :param item: the row as people may read it.
        :param made_from: its media as a result names them.
        """
        result = self.result or {}
        files = list(result.get("files") or [])
        return {
            "index": row.index if row and row.index >= 0 else None,
            "key": self.key,
            "item": dict(item),
            "status": self.status.value,
            "job_id": self.entry.job_id or None,
            "output": list(result.get("output") or []),
            "stored": [file["url"] for file in files],
            "bytes": sum(file["bytes"] for file in files) if files else None,
            "sha256": files[0]["sha256"] if files else None,
            "cost": result.get("cost") or self.entry.cost,
            "seconds": result.get("seconds"),
            "error": self.error or None,
            "inputs": dict(made_from),
            "consent_reference": row.consent_reference if row else None,
            "provider": self.entry.provider,
            "operation": self.entry.operation,
            "files": files,
            "meta": dict(result.get("meta") or {}),
            "submitted_at": iso(self.entry.attempted_at or None),
            "provider_version": __version__,
            "journal": self.as_entry(),
        }


def read_line(line: Any) -> Record:
    """
    Read an item's line; its status and its job id are believed where a person changed them.

    :raises ValueError: if it is not a line of a manifest.
    """
    try:
        kept = line["journal"]
        key, status = str(line["key"]), Status(line["status"])
        known = {name: str(line.get(name) or "") for name in ("provider", "operation", "job_id")}
        if _STATUSES[State(kept["entry"]["state"])] is not status:
            known["state"] = _STATES[status].value
        if status is Status.UNFINISHED and not known["job_id"] and not kept["entry"].get("spooled_at"):
            raise ValueError("an unfinished item needs a job_id")
        entry = _entry(key, {**kept["entry"], **known})
        shown = ("output", "stored", "seconds", "cost", "files", "meta", "inputs")
        return Record(
            key=key,
            endpoint=str(kept["endpoint"]),
            entry=entry,
            status=status,
            at=float(kept["at"]),
            by=str(kept["by"]),
            paid=float(kept["paid"]),
            error=str(line.get("error") or ""),
            result={name: line.get(name) for name in shown} if status is Status.SUCCESS else None,
            tried_by=str(kept.get("tried_by") or ""),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it lacks {error}") from None


def erased_line(line: Mapping[str, Any], moment: float) -> dict[str, Any]:
    """
    Return what stays of an item's line when its result is deleted: no media, no text of a person.

    :raises ValueError: if it is not a line of a manifest.
    """
    blank = read_line(line).erased_at(moment).line(None, {}, {})
    journal = {**blank["journal"], "version": str(line["journal"].get("version") or "")}
    return {**blank, "index": line.get("index"), "journal": journal}


def order_of(line: Mapping[str, Any]) -> tuple[float, int, str]:
    """
    Return what decides between two lines of an item: whichever is larger holds, whoever reads them when.

    :raises ValueError: if it is not a line of a manifest.
    """
    try:
        kept = line["journal"]
        texts = (line["key"], kept["by"], kept["entry"]["state"])
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("key, by or state is not text")
        float(kept["paid"])
        return float(kept["at"]), Status(line["status"]).rank, str(line.get("time") or "")
    except (KeyError, TypeError) as error:
        raise ValueError(f"it lacks {error}") from None


def _entry(key: str, value: Mapping[str, Any]) -> Entry:
    entry = Entry.from_store({**value, "inputs": {"item": key}})
    if entry is None:
        raise ValueError("it has no entry")
    return entry
