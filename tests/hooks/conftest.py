"""Connections, vendors on loopback, and a loop that does not wait."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from airflow.sdk import BaseHook

from tests.hooks.loopback import JumpingLoop, Vendor


@pytest.fixture
async def vendors() -> AsyncIterator[Callable[[], Any]]:
    servers = []

    async def start() -> Vendor:
        vendor = Vendor()
        server = await asyncio.start_server(vendor.connected, "127.0.0.1", 0)
        servers.append(server)
        vendor.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return vendor

    yield start
    for server in servers:
        server.close()


@pytest.fixture
async def vendor(vendors: Any) -> Vendor:
    started: Vendor = await vendors()
    return started


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def define(host: str = "http://127.0.0.1:1", key: str = "key-1", **extra: Any) -> None:
        conn = {"conn_type": "modelslab", "host": host, "password": key, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", json.dumps(conn))

    return define


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    real = BaseHook.get_connection

    def counted(conn_id: str) -> Any:
        seen.append(conn_id)
        time.sleep(0.02)
        return real(conn_id)

    monkeypatch.setattr(BaseHook, "get_connection", staticmethod(counted))
    return seen


@pytest.fixture
def jumping() -> Iterator[JumpingLoop]:
    loop = JumpingLoop()
    yield loop
    for task in asyncio.all_tasks(loop):
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
    loop.close()
