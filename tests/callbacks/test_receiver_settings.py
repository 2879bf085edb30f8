from __future__ import annotations

import asyncio
import logging
from unittest import mock

import pytest

from airflow_provider_faceswap.callbacks import receiver_settings as module
from airflow_provider_faceswap.callbacks.tokens import Token
from tests.buckets import S3
from tests.callbacks.caller import Caller, Clock
from tests.callbacks.conftest import SECRET


@pytest.mark.parametrize("missing", ["CALLBACK_SECRET", "INBOX"])
async def test_a_failure_is_remembered_for_a_while_and_then_tried_again(
    caller: Caller, clock: Clock, token: Token, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    option = f"AIRFLOW__FACESWAP__{missing}"
    value = {"CALLBACK_SECRET": SECRET, "INBOX": caller.inbox.url}[missing]
    monkeypatch.delenv(option)
    for _ in range(2):
        reply = await caller.post(token.text)
        assert (reply.status_code, reply.json()) == (503, {"detail": "try again later"})
        assert reply.headers["connection"] == "close"
        monkeypatch.setenv(option, value)
    clock.now += module.RETRY_SECONDS
    assert (await caller.post(token.text)).status_code == 200


async def test_strangers_cannot_make_it_ask_for_the_secrets_again_and_again(
    caller: Caller, clock: Clock
) -> None:
    with mock.patch.object(module, "callback_secrets", autospec=True, side_effect=RuntimeError) as read:
        for _ in range(10):
            await asyncio.gather(*(caller.post("forged") for _ in range(10)))
        assert read.call_count == 1
        clock.now += module.RETRY_SECONDS
        await caller.post("forged")
        assert read.call_count == 2


async def test_a_hundred_first_callers_are_one_read(caller: Caller, configured: object) -> None:
    with mock.patch.object(module, "callback_secrets", autospec=True, return_value=(SECRET,)) as read:
        await asyncio.gather(*(caller.post("forged") for _ in range(100)))
    assert read.call_count == 1


async def test_the_log_names_the_option_once_a_minute_and_how_to_go_on(
    caller: Caller, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AIRFLOW__FACESWAP__INBOX")
    for _ in range(3):
        await caller.post("forged")
        clock.now += module.RETRY_SECONDS
    (line, _) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "[faceswap] inbox is not set" in line
    assert "again every 30 s; after a change of airflow.cfg or of the environment, restart" in line


async def test_the_connection_of_the_inbox_is_looked_up_with_the_options(
    caller: Caller, s3: S3, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", "s3://nowhere@bucket/inbox")
    assert (await caller.post("forged")).status_code == 503
    assert "names the connection 'nowhere'" in caplog.text


async def test_the_text_of_an_error_that_may_hold_a_secret_is_not_logged(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    error = RuntimeError(f"the command said {SECRET}")
    with mock.patch.object(module, "callback_secrets", autospec=True, side_effect=error):
        assert (await caller.post("forged")).status_code == 503
    assert "failed with RuntimeError" in caplog.text
    assert SECRET not in caplog.text
