"""Blocking code of Airflow's, beside an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def in_thread(
    function: Callable[..., T], *args: object, executor: ThreadPoolExecutor | None = None
) -> T:
    """
    Run blocking code that may ask Airflow for something: a connection, a variable, an XCom.

    ``asyncio.to_thread`` is not enough: in a triggerer of Airflow 3.2.0 and 3.2.1, a question from a thread
    that does not know the event loop reads the supervisor's answers in a second loop. It loses its own
    answer, and the next question ends the triggerer ("Response read out of order").

    :param function: what to call; further positional arguments are its own.
    :param executor: where to run it; by default in the event loop's own threads.
    """
    from asgiref.sync import sync_to_async

    call = sync_to_async(function, thread_sensitive=False, executor=executor)
    # A trigger may be cancelled at any time: a question that has been asked is read to its end all the same.
    return await asyncio.shield(asyncio.ensure_future(call(*args)))
