"""What tasks have bought, as their journals say it: one swap, or one row of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy.orm import Session

from airflow_provider_faceswap.cli.state_store import Kept, Which, find
from airflow_provider_faceswap.journal.decisions import DOUBTS
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.store import KEY
from airflow_provider_faceswap.pages.database import Task

IN_DOUBT, SUBMITTING, ERASED = "in_doubt", "submitting", "erased"
STATES = (IN_DOUBT, SUBMITTING, "running", "finished", "failed", "refused", ERASED)
"""How a purchase may stand, for people."""
UNREADABLE = "unreadable"
_BATCH = '"chunks"'


@dataclass(frozen=True)
class Purchase:
    """
    A purchase.

    :param task: that made it.
    :param task_state: of the task instance.
    :param entry: the journal's.
    :param row: of a batch; None for the only one of its task.
    :param key: of the item of a batch.
    """

    task: Task
    task_state: str
    entry: Entry
    row: int | None = None
    key: str = ""

    @property
    def state(self) -> str:
        """How it stands."""
        entry = self.entry
        if entry.state in DOUBTS and not entry.job_id:
            # Of a task that runs, its worker is about to write what the vendor answered.
            return SUBMITTING if entry.state is State.INTENT and self.task_state == "running" else IN_DOUBT
        if entry.erased:
            return ERASED
        return entry.state.value

    @property
    def name(self) -> str:
        """What names it in a sentence."""
        return name_of(self.task) + ("" if self.row is None else f", row {self.row}")


def name_of(task: Task) -> str:
    """Return what names a task instance in a sentence."""
    index = f", map index {task.map_index}" if task.map_index >= 0 else ""
    return f"task {task.task_id} of Dag {task.dag_id}, run {task.run_id}{index}"


def is_batch(kept: Kept) -> bool:
    """Whether this is the head of a batch, and not a purchase."""
    return isinstance(kept.value, Mapping) and "chunks" in kept.value and "state" not in kept.value


def purchase_of(kept: Kept) -> Purchase | None:
    """Return the purchase that a key is about; None if it cannot be understood."""
    try:
        entry = Entry.from_store(kept.value)
    except ValueError:
        return None
    return Purchase(kept.task, kept.state, entry) if entry else None


def heads(session: Session, which: Which, states: tuple[str, ...] = STATES) -> Iterator[Kept]:
    """
    Yield what may be in one of the states: the entries of single purchases, and the heads of batches.

    :param session: of the metadata database.
    :param which: task instances.
    :param states: some of :data:`STATES`.
    """
    return find(session, which, KEY, _texts(states))


def _texts(states: tuple[str, ...]) -> list[str]:
    """Return texts of which an entry in one of the states holds one, so that others are not read at all."""
    if set(states) == set(STATES):
        return []
    words = {IN_DOUBT: ("in_doubt", "intent"), SUBMITTING: ("intent",), ERASED: ("finished",)}
    found = {f'"{word}"' for state in states for word in words.get(state, (state,))}
    if "running" in states:
        found.add('"job_id"')  # a person who adopts a job may leave the state out
    return [*sorted(found), _BATCH]


def as_row(purchase: Purchase, **more: Any) -> dict[str, Any]:
    """Return a purchase as a row of a table."""
    entry = purchase.entry
    cost = entry.cost or {}
    amount = cost.get("amount")
    return {
        "dag_id": purchase.task.dag_id,
        "run_id": purchase.task.run_id,
        "task_id": purchase.task.task_id,
        "map_index": purchase.task.map_index if purchase.task.map_index >= 0 else None,
        "row": purchase.row,
        "task_state": purchase.task_state,
        "provider": entry.provider or None,
        "operation": entry.operation or None,
        "job_id": entry.job_id or None,
        "state": purchase.state,
        "since": when(entry.attempted_at or entry.submitted_at),
        "deadline": when(entry.deadline),
        "cost": None if amount is None else f"{amount:g} {cost.get('unit', '')}".strip(),
        **more,
    }


def when(moment: float) -> str | None:
    """Return a moment in UTC, for people and for scripts."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
