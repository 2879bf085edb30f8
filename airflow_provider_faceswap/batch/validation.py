"""What is found out about a batch as a whole before its first payment."""

from __future__ import annotations

import contextvars
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from airflow_provider_faceswap.batch.block import BLOCK
from airflow_provider_faceswap.batch.item import Item
from airflow_provider_faceswap.batch.items.rows import Row
from airflow_provider_faceswap.batch.plan import Plan
from airflow_provider_faceswap.batch.summary import MAX_FAILURES
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, NotSentError
from airflow_provider_faceswap.storage.checks import check_names_free
from airflow_provider_faceswap.storage.listing import Listing
from airflow_provider_faceswap.storage.places import Place


def check_names(place: Place, listing: Listing, items: Sequence[Item]) -> None:
    """
    Check that the names of files that are to be stored are free.

    :param place: the folder.
    :param listing: of it.
    :param items: that are to be bought.
    :raises InputError: with the first of those that are taken, and their number.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    taken = []
    for item in items:
        if item.row.output_name and listing.named(item.row.output_name):
            former = {left.job_id or left.name for left in item.before.left} if item.before else set()
            try:
                check_names_free(place, item.row.output_name, former, None, listing)
            except InputError as error:
                taken.append(f"row {item.row.index}, {error}")
    if taken:
        more = f"; and {len(taken) - MAX_FAILURES} more" if len(taken) > MAX_FAILURES else ""
        first = "; ".join(taken[:MAX_FAILURES])
        raise InputError("items", f"{len(taken)} output names are taken: {first}{more}")


def priced(plan: Plan, rows: Sequence[Row]) -> dict[str, Any]:
    """
    Check what only the media themselves say, and price all items; nothing is sent.

    :param plan: of the batch.
    :param rows: of the list.
    :return: counts and the price of all items, None where no price is published.
    :raises InputError: with the faults of the first rows, and their number.
    """
    with ThreadPoolExecutor(BLOCK, thread_name_prefix="faceswap-check") as pool:
        futures = [pool.submit(contextvars.copy_context().run, _price, plan, Item(row)) for row in rows]
        found = [future.result() for future in futures]
    faults = [(row, fault) for row, (_, fault) in zip(rows, found, strict=True) if fault]
    if faults:
        first = "; ".join(f"row {row.index}, {fault}" for row, fault in faults[:MAX_FAILURES])
        more = f"; and {len(faults) - MAX_FAILURES} more" if len(faults) > MAX_FAILURES else ""
        kind = NotSentError if all(isinstance(fault, NotSentError) for _, fault in faults) else None
        text = f"{len(faults)} of {len(rows)} rows cannot be sent: {first}{more}"
        raise kind(text) if kind else InputError("items", text)
    costs = [cost for cost, _ in found if cost]
    cost = {"amount": sum(cost.amount for cost in costs), "unit": costs[0].unit} if costs else None
    return {"total": len(rows), "not_sent": len(rows), "cost": cost, "validate_only": True}


def _price(plan: Plan, item: Item) -> tuple[Any, FaceSwapError | None]:
    try:
        return plan.inputs_of(item).request().price(), None
    except FaceSwapError as error:
        return None, error
