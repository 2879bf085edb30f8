"""Callbacks through Airflow's own API server, from the vendor's post to the task that waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import httpx
import pytest

from airflow_provider_faceswap.callbacks import probe
from airflow_provider_faceswap.callbacks.config import CallbackSettings
from airflow_provider_faceswap.callbacks.folder import MAX_BYTES
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.callbacks.tokens import Token, mint
from harness.cluster import Cluster
from tests.callbacks.hostile import DONE, Hostile, hostile

VENDOR = "aifaceswap"


@pytest.fixture
def settings(cluster: Cluster) -> CallbackSettings:
    """The settings that the cluster's components have."""
    option = "AIRFLOW__FACESWAP__"
    return CallbackSettings(
        cluster.env[f"{option}CALLBACK_BASE_URL"],
        (cluster.env[f"{option}CALLBACK_SECRET"],),
        cluster.env[f"{option}INBOX"],
    )


def files(settings: CallbackSettings) -> set[Path]:
    return {path for path in Path(settings.inbox.removeprefix("file://")).rglob("*") if path.is_file()}


def url(settings: CallbackSettings, path: str) -> str:
    return f"{settings.base_url}/faceswap/callbacks{path}"


async def send(settings: CallbackSettings, call: Hostile, session: aiohttp.ClientSession) -> int:
    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(call.body), 16_384):
            yield call.body[start : start + 16_384]

    data = parts() if call.chunked else call.body
    try:
        async with session.post(url(settings, call.path), data=data) as reply:
            return reply.status
    except aiohttp.ClientError:
        # The server hangs up while what is too large still comes.
        return min(call.statuses) if len(call.body) > MAX_BYTES else 0


async def send_all(settings: CallbackSettings, calls: list[Hostile]) -> list[int]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as session:
        return await asyncio.gather(*(send(settings, call, session) for call in calls))


def token_for(settings: CallbackSettings) -> Token:
    return mint(VENDOR, settings.secrets, time.time() + 600)


def test_none_of_a_thousand_hostile_callbacks_is_accepted(
    cluster: Cluster, settings: CallbackSettings
) -> None:
    token = token_for(settings)
    calls = list(hostile(settings.secrets[0], token, 1000))
    reply = httpx.post(url(settings, f"/{VENDOR}/{token.text}"), content=DONE, trust_env=False, timeout=60)
    assert (reply.status_code, reply.json()) == (200, {"status": "kept"})
    before, logged = files(settings), cluster.process("api-server").log.stat().st_size

    statuses = asyncio.run(send_all(settings, calls))

    answers = zip(calls, statuses, strict=True)
    assert [(call.path[:60], status) for call, status in answers if status not in call.statuses] == []
    assert files(settings) == before
    assert Inbox(settings.inbox).bodies(VENDOR, token.nonce) == [DONE]
    log = cluster.process("api-server").log.read_bytes()[logged:].decode(errors="replace")
    assert "Traceback" not in log
    Inbox(settings.inbox).delete(VENDOR, token.nonce)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/callbacks", f"/callbacks/{VENDOR}/x"])
def test_the_receiver_shows_nothing_of_itself(settings: CallbackSettings, path: str) -> None:
    reply = httpx.get(f"{settings.base_url}/faceswap{path}", trust_env=False, timeout=60)
    assert reply.status_code in (404, 405)
    assert len(reply.content) < 100


def test_base_url_secret_and_inbox_of_the_cluster_belong_together(
    cluster: Cluster, settings: CallbackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    before = files(settings)
    probe.check(settings)
    left = files(settings) - before
    assert {path.parent.name for path in left} <= {"probe"}


def test_a_deferred_task_goes_on_when_the_vendor_calls_back(
    cluster: Cluster, settings: CallbackSettings
) -> None:
    cluster.wait_for_dags({"wait_for_callback"})
    token = token_for(settings)
    run_id = cluster.rest.trigger_dag("wait_for_callback", {"nonce": token.nonce, "job_id": "ac3eb7"})
    cluster.rest.wait_for_task("wait_for_callback", run_id, "wait", {"deferred"})

    foreign = DONE.replace(b"ac3eb7", b"another")
    for body in (foreign, DONE):
        httpx.post(
            url(settings, f"/{VENDOR}/{token.text}"), content=body, trust_env=False, timeout=60
        ).raise_for_status()

    assert cluster.rest.wait_for_run("wait_for_callback", run_id) == "success"
    event = cluster.rest.xcom("wait_for_callback", run_id, "wait")
    assert event == {"counts": {"called_back": 1}, "states": {"ac3eb7": "called_back"}, "problems": {}}
    Inbox(settings.inbox).delete(VENDOR, token.nonce)
