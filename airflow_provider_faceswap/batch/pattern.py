"""When it is the connection that fails, and not the items: the last submissions all came to nothing."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from airflow_provider_faceswap.batch.item import Item, Step
from airflow_provider_faceswap.batch.record import Status

DOUBTS, REFUSALS = 8, 16
"""How many it takes: a third of all pictures may show no face, and 16 of those in a row are then unlikely."""


def nothing_passes(items: Sequence[Item], by: str, since: float) -> str:
    """
    Return what the last submissions came to if that was nothing, and the same for all; else an empty text.

    It goes by what is noted of the items, so neither the size of a block nor a deferral matters.

    :param items: of the list.
    :param by: the task and the clear of it that submits.
    :param since: when its try began, in seconds since the epoch: a killed worker's doubts say nothing.
    """
    ours = (item for item in items if by in (item.by, item.tried_by) and item.at >= since)
    last = heapq.nlargest(REFUSALS, ours, key=lambda item: item.at)
    if len(last) >= DOUBTS and all(map(_in_doubt, last[:DOUBTS])):
        return f"the last {DOUBTS} submissions are all in doubt"
    if len(last) == REFUSALS and all(item.tried_by == by or _refused(item) for item in last):
        words = {item.known().error for item in last}
        if len(words) == 1:
            return f"the last {REFUSALS} submissions were all refused: {words.pop()}"
    return ""


def _in_doubt(item: Item) -> bool:
    """Whether nobody knows what became of it, and no callback is awaited."""
    return item.status is Status.IN_DOUBT and item.step is not Step.WAIT


def _refused(item: Item) -> bool:
    """Whether the vendor itself refused it: what was never sent has no name."""
    if item.status is not Status.FAILED:
        return False
    entry = item.known().entry
    return bool(entry.name) and not entry.job_id
