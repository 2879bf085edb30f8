from __future__ import annotations

import asyncio

import pytest

from airflow_provider_faceswap.callbacks.turns import QueueFullError, Turns


async def test_one_at_a_time_for_each_key_and_in_order() -> None:
    turns, order, inside = Turns(10), [], 0

    async def one(number: int) -> None:
        nonlocal inside
        async with turns.take("a"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            order.append(number)
            inside -= 1

    async with turns.take("b"):  # another key is not in the way
        await asyncio.gather(*(one(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


async def test_only_so_many_wait() -> None:
    turns = Turns(1)

    async def wait() -> None:
        async with turns.take("a"):
            pass

    async with turns.take("a"):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError):
            await wait()
    await waiting


async def test_nothing_is_left_of_those_who_went() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError):
        async with turns.take("a"):
            raise ZeroDivisionError
    async with turns.take("a"):
        waiting = asyncio.create_task(turns.take("a").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
    assert turns._queues == {}
