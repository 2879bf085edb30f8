from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from itertools import chain, repeat

import msgspec
import pytest
from airflow.jobs.triggerer_job_runner import TriggerCommsDecoder
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import _RequestFrame, _ResponseFrame
from anyio import fail_after

from airflow_provider_faceswap import connections
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.threads import in_thread

FAILURE = {"type": "ErrorResponse", "error": "API_SERVER_ERROR", "detail": {"status_code": 500}}
NOTHING = dict.fromkeys(["host", "schema", "login", "port", "extra"]) | {"type": "ConnectionResult"}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fail: Iterator[bool]) -> None:
    """A supervisor: it answers each question for a connection with one of that name, or fails."""
    with suppress(asyncio.IncompleteReadError), closing(writer):
        while True:
            length = int.from_bytes(await reader.readexactly(4), "big")
            request = msgspec.msgpack.decode(await reader.readexactly(length), type=_RequestFrame)
            await asyncio.sleep(0.002)
            asked, found, error = request.body or {}, None, None
            name = asked.get("conn_id")
            if name and next(fail):
                error = FAILURE
            elif name:
                found = NOTHING | {"conn_id": name, "conn_type": "modelslab", "password": f"key-{name}"}
            elif "dag_id" in asked:  # whether the database answers; others: a secret to mask
                found = {"type": "DRCount", "count": 0}
            writer.write(_ResponseFrame(id=request.id, body=found, error=error).as_bytes())


@asynccontextmanager
async def triggerer(monkeypatch: pytest.MonkeyPatch, *fail: bool) -> AsyncIterator[None]:
    """The triggerer's own line to its supervisor, of the Airflow that is installed."""
    here, there = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=here)
    its_reader, its_writer = await asyncio.open_connection(sock=there)
    supervisor = asyncio.create_task(answer(its_reader, its_writer, chain(fail, repeat(False))))
    comms = TriggerCommsDecoder(socket=here, async_writer=writer, async_reader=reader)
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", comms, raising=False)
    if hasattr(comms, "start_reader"):  # Airflow 3.2.2 and later
        await comms.start_reader()
    try:
        with fail_after(30):
            yield
    finally:
        if task := getattr(comms, "_reader_task", None):
            task.cancel()
        supervisor.cancel()
        for end in (writer, its_writer):
            end.close()
            await end.wait_closed()


@pytest.fixture(autouse=True)
def only_the_supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let connections be looked up as a triggerer does."""
    from airflow.sdk.execution_time import supervisor
    from airflow.sdk.execution_time.secrets.execution_api import ExecutionAPISecretsBackend

    monkeypatch.setattr(supervisor, "ensure_secrets_backend_loaded", lambda: [ExecutionAPISecretsBackend()])
    yield


async def looked_up(name: str) -> str:
    settings = await ModelsLabHook(conn_id=name)._load_settings()
    return settings.api_key.get_secret_value()


async def test_lookups_of_many_triggers_share_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"account_{number}" for number in range(40)]
    async with triggerer(monkeypatch):
        assert await asyncio.gather(*map(looked_up, names)) == [f"key-{name}" for name in names]


async def test_a_trigger_that_is_cancelled_leaves_the_line_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    async with triggerer(monkeypatch):
        for turn in range(10):
            tasks = [asyncio.create_task(looked_up(f"account_{number}")) for number in range(4)]
            await asyncio.sleep(0.001 * turn)
            for task in tasks[:2]:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            assert done[2:] == ["key-account_2", "key-account_3"]


async def test_a_trigger_waits_for_an_airflow_that_cannot_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_PAUSE", 0.0)
    async with triggerer(monkeypatch, True, True, False, False, True):
        assert await looked_up("account_0") == "key-account_0"
        assert await looked_up("account_1") == "key-account_1"


async def test_what_the_thread_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 / 0)
