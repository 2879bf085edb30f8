"""``airflow faceswap jobs``: what runs, and what is in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.cli.batches import Batch, read_batch, settled_counts
from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.cli.purchases import (
    IN_DOUBT,
    STATES,
    UNREADABLE,
    Purchase,
    as_row,
    heads,
    is_batch,
    purchase_of,
    when,
)
from airflow_provider_faceswap.cli.shell import command, show
from airflow_provider_faceswap.cli.state_store import Kept, Which
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.journal.entry import Entry, State

ALL = "all"


@command
def jobs(args: Any, session: Session) -> None:
    """List jobs."""
    states = _states(args.state)
    show(list(islice(_rows(session, Which.of(args), states), max(0, args.limit))), args.output)


def _states(text: str) -> tuple[str, ...]:
    states = tuple(part.strip() for part in text.split(",") if part.strip())
    if states == (ALL,):
        return STATES
    if wrong := sorted(set(states) - set(STATES)):
        raise CommandError(f"--state: there is no state {wrong[0]!r}. Use {', '.join(STATES)}, or all.")
    return states


def _rows(session: Session, which: Which, states: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for kept in heads(session, which, states):
        if is_batch(kept):
            yield from _batch_rows(session, kept, states)
        elif purchase := purchase_of(kept):
            if purchase.state in states:
                yield as_row(purchase, rows=None)
        else:
            yield as_row(Purchase(kept.task, kept.state, Entry(state=State.FAILED)), rows=None) | {
                "state": UNREADABLE
            }


def _batch_rows(session: Session, kept: Kept, states: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield a line for the batch, and one for each row in doubt."""
    settled = settled_counts(kept)
    if settled is not None:
        if "finished" in states:
            yield _line(kept, "finished", settled)
        return
    try:
        batch = read_batch(session, kept)
    except FaceSwapError:
        yield _line(kept, UNREADABLE, {})
        return
    doubts = [item for item in batch.purchases() if item.state == IN_DOUBT]
    state = _state(batch, bool(doubts))
    if state in states or (doubts and IN_DOUBT in states):
        yield _line(kept, state, batch.counts(), batch)
    if IN_DOUBT in states:
        yield from (as_row(item, rows=None) for item in doubts)


def _state(batch: Batch, doubtful: bool) -> str:
    if doubtful:
        return IN_DOUBT
    runs = batch.counts().get(Status.UNFINISHED.value, 0)
    if batch.kept.active or runs:
        return "running"
    return "failed" if batch.kept.state == "failed" else "finished"


def _line(kept: Kept, state: str, counts: dict[str, int], batch: Batch | None = None) -> dict[str, Any]:
    said = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    if batch and batch.problem:
        said = f"{said} (by the journal alone: the folder cannot be read)".strip()
    entry = Entry(state=State.RUNNING)
    if batch:
        known = next((record.entry for record in batch.records.values() if record.entry.provider), entry)
        entry = Entry(state=State.RUNNING, provider=known.provider)
    line = as_row(Purchase(kept.task, kept.state, entry), rows=said or None)
    return line | {"state": state, "row": ALL, "since": when(batch.head.started_at) if batch else None}
