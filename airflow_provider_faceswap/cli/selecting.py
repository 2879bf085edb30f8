"""From what a command line names to the one purchase that is meant."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from airflow_provider_faceswap.cli.batches import read_batch, settled_counts
from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.cli.purchases import IN_DOUBT, Purchase, heads, is_batch, name_of, purchase_of
from airflow_provider_faceswap.cli.state_store import Which

_SHOWN = 10


def doubts(session: Session, which: Which, rows: Sequence[int]) -> list[Purchase]:
    """
    Return what is in doubt.

    :param session: of the metadata database.
    :param which: task instances.
    :param rows: of a batch; all if empty.
    """
    found = []
    for kept in list(heads(session, which, (IN_DOUBT,))):
        if is_batch(kept):
            bought = read_batch(session, kept).purchases() if settled_counts(kept) is None else []
            found += [item for item in bought if not rows or item.row in rows]
        elif not rows and (purchase := purchase_of(kept)):
            found.append(purchase)
    return [item for item in found if item.state == IN_DOUBT]


def the_purchase(session: Session, which: Which) -> Purchase:
    """
    Return the purchase of a task that is not a batch, however it stands.

    :param session: of the metadata database.
    :param which: names Dag, run and task.
    :raises CommandError: if there is none, or there are several.
    """
    found = list(heads(session, which))
    if not found:
        raise nothing(session, which)
    if len(found) > 1:
        raise CommandError(f"{len(found)} mapped tasks match: name one with --map-index.")
    purchase = None if is_batch(found[0]) else purchase_of(found[0])
    if purchase is None:
        what = "is a batch: name rows with --row" if is_batch(found[0]) else "cannot be understood"
        raise CommandError(f"The journal of {name_of(found[0].task)} {what}.")
    return purchase


def nothing(session: Session, which: Which) -> CommandError:
    """Return the error about a selection without any purchase."""
    from airflow.models.taskinstance import TaskInstance

    query = select(TaskInstance.task_id).where(*which.conditions(TaskInstance)).limit(1)
    if session.execute(query).scalar() is None:
        return CommandError(f"There is no such task instance: {which}.")
    return CommandError(f"Nothing was bought by {which}: its task state store has no key 'faceswap'.")


def several(found: Sequence[Purchase]) -> CommandError:
    """Return the error about a selection that is not one purchase."""
    names = "\n".join(f"  {item.name}" for item in found[:_SHOWN])
    more = f"\n  and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return CommandError(
        f"{len(found)} submissions in doubt match. Name one with --dag-id, --run-id, --task-id, --map-index "
        f"and --row:\n{names}{more}"
    )
