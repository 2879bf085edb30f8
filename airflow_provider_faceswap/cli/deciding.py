"""``airflow faceswap adopt`` and ``resubmit``: they write the decision that the "Face swap" tab writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from airflow_provider_faceswap.apis.reading import JOB_ID
from airflow_provider_faceswap.cli.clearing import check_clearable, clear
from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.cli.purchases import Purchase, heads, is_batch, name_of, purchase_of, when
from airflow_provider_faceswap.cli.selecting import doubts, nothing, several, the_purchase
from airflow_provider_faceswap.cli.shell import agreed, command
from airflow_provider_faceswap.cli.state_store import ACTIVE, TaskStore, Which
from airflow_provider_faceswap.journal.store import WISH_KEY
from airflow_provider_faceswap.journal.wishes import Wish

_ENDED = ("finished", "failed", "erased")


@command
def adopt(args: Any, session: Session) -> None:
    """Let a task collect the job that its submission in doubt has become."""
    job_id = args.job_id.strip()
    if not JOB_ID.fullmatch(job_id):
        raise CommandError("A job id has 1 to 128 letters, digits, hyphens and underscores.")
    rows = [] if args.row is None else [args.row]
    found = _in_doubt(session, Which.of(args), rows)
    if len(found) > 1:
        raise several(found)
    _decide(session, found, {"action": "adopt", "job_id": job_id}, args)


@command
def resubmit(args: Any, session: Session) -> None:
    """Let a task buy again."""
    which = Which.of(args)
    ended = None
    if which.names_a_task and not args.row and not args.all_rows:
        found = doubts(session, which, [])
        if not found:
            ended = the_purchase(session, which)
    if ended is None:
        found = _in_doubt(session, which, args.row)
        of_one_batch = len({item.task for item in found}) == 1 and (args.row or args.all_rows)
        if len(found) > 1 and not of_one_batch:
            raise several(found)
        _decide(session, found, {"action": "resubmit"}, args)
        return
    if ended.state not in _ENDED:
        raise _not_decidable(ended)
    _decide(session, [ended], {"action": "buy_another"}, args)


def _in_doubt(session: Session, which: Which, rows: Sequence[int]) -> list[Purchase]:
    found = doubts(session, which, rows)
    if found:
        return found
    if which.names_a_task and not rows:
        raise _not_decidable(the_purchase(session, which))
    if which.names_a_task:
        raise CommandError(f"Row {', '.join(map(str, rows))} of {which} is not in doubt.")
    if which == Which():
        raise CommandError("Nothing is in doubt.")
    known = [purchase_of(kept) for kept in islice(heads(session, which), 2) if not is_batch(kept)]
    if len(known) == 1 and known[0]:
        raise _not_decidable(known[0])
    missing = nothing(session, which)
    if "no such task" in str(missing):
        raise missing
    raise CommandError(f"Nothing is in doubt for {which}. See: airflow faceswap jobs --state all")


def _not_decidable(purchase: Purchase) -> CommandError:
    job = f", job {purchase.entry.job_id}" if purchase.entry.job_id else ""
    return CommandError(
        f"There is nothing to decide: {purchase.name} is {purchase.state}{job}. "
        "What is settled stays as it is; to buy another job after it has ended, use resubmit."
    )


def _decide(session: Session, purchases: list[Purchase], decision: dict[str, str], args: Any) -> None:
    """Show what will happen, write the decision, and clear the task."""
    task, task_state = purchases[0].task, purchases[0].task_state
    if task_state in ACTIVE and task_state != "deferred":
        raise CommandError(f"The {name_of(task)} is {task_state}: decide when it has ended.")
    if purchases[0].key and any(item.row is None for item in purchases):
        raise CommandError(
            f"The manifest of {name_of(task)} does not say which rows these are: wait until it is written."
        )
    if not args.no_clear:
        check_clearable(session, task)
    for line in (*map(_said, purchases), *_consequence(purchases, decision)):
        print(line)
    will, done = ("", "") if args.no_clear else (" and clears the task", ", and the task is cleared")
    if not agreed(f"This writes the decision{will}. Go on?", yes=args.yes):
        return
    store = TaskStore(session, task)
    value = _value(purchases, decision, store.get(WISH_KEY))
    store.set(WISH_KEY, value)
    if not args.no_clear:
        clear(session, task)
    print(f"The decision is written{done}.")


def _value(purchases: list[Purchase], decision: dict[str, str], before: Any) -> dict[str, Any]:
    def wish(item: Purchase) -> dict[str, Any]:
        made = {"id": uuid4().hex, "attempt": item.entry.attempted_at, **decision}
        if not Wish.model_validate(made).fits(item.entry):
            raise _not_decidable(item)
        return made

    if not purchases[0].key:
        return wish(purchases[0])
    # What was decided about other rows, and no worker has seen yet, stays.
    rows = before.get("rows") if isinstance(before, dict) else None
    others = rows if isinstance(rows, dict) else {}
    return {"rows": {**others, **{str(item.row): {**wish(item), "key": item.key} for item in purchases}}}


def _said(item: Purchase) -> str:
    entry = item.entry
    vendor = f"{entry.provider} at {entry.base_url}" if entry.base_url else entry.provider
    sent = f", submitted to {vendor} at {when(entry.attempted_at)}" if entry.attempted_at else ""
    job = f", job {entry.job_id}" if entry.job_id else ""
    text = f"The {item.name}: {entry.operation or 'a swap'}, {item.state}{job}{sent}"
    return re.sub(r"[^\x20-\x7e]", "?", text) if not text.isprintable() else text


def _consequence(purchases: list[Purchase], decision: dict[str, str]) -> list[str]:
    if decision["action"] == "adopt":
        return [f"It collects job {decision['job_id']}. Nothing is bought."]
    costs = {f"{cost['amount']:g} {cost['unit']}" for item in purchases if (cost := item.entry.cost)}
    price = f"The last one cost {', '.join(sorted(costs))}." if costs else "The price is not known here."
    if decision["action"] == "buy_another":
        return [f"It pays for a new job. The result so far stays where it is stored. {price}"]
    doubted = "If the vendor did accept the first submission, both are paid."
    many = f" {len(purchases)} jobs are bought." if len(purchases) > 1 else ""
    return [f"It buys again.{many} {doubted} {price}"]
