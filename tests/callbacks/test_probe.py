from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from airflow_provider_faceswap.callbacks import probe
from airflow_provider_faceswap.callbacks.app import make_app
from airflow_provider_faceswap.callbacks.config import CallbackSettings
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.exceptions import NotSentError, SettingsError
from tests.callbacks.conftest import OLD_SECRET, SECRET


class Network(httpx.BaseTransport):
    """Leads to the receiver, as a worker would reach it, or to whatever a test says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[httpx.Request], httpx.Response] = self.receiver
        self.app = make_app()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return self.answer(request)

    def receiver(self, request: httpx.Request) -> httpx.Response:
        async def post() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
                url = request.url.copy_with(path=request.url.path.removeprefix("/faceswap"))
                reply = await client.post(url, content=request.content, headers=request.headers)
                return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

        return asyncio.run(post())


@pytest.fixture(autouse=True)
def another_process() -> Iterator[None]:
    probe._valid_until.clear()
    yield
    probe._valid_until.clear()


@pytest.fixture
def network() -> Network:
    return Network()


def test_what_belongs_together_is_fine_and_leaves_no_probe(
    configured: CallbackSettings, network: Network, tmp_path: Path
) -> None:
    probe.check(configured, network)
    (asked,) = network.asked
    assert asked.startswith(f"{configured.base_url}/faceswap/callbacks/probe/1.probe.")
    marks = [file for file in (tmp_path / "inbox" / "probe").iterdir() if file.is_file()]
    assert len(marks) == 2, "only what remembers the outcome, and the last sweep"


def test_the_outcome_is_remembered_by_all_workers_that_share_the_inbox(
    configured: CallbackSettings, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        probe.check(configured, network)
        probe._valid_until.clear()
    assert len(network.asked) == 1
    later = time.time() + probe.REMEMBERED + 1
    monkeypatch.setattr(probe.time, "time", lambda: later)
    probe.check(configured, network)
    assert len(network.asked) == 2


def test_other_settings_are_probed_again(configured: CallbackSettings, network: Network) -> None:
    probe.check(configured, network)
    probe.check(CallbackSettings("https://elsewhere.example.com", (SECRET,), configured.inbox), network)
    assert len(network.asked) == 2


def test_a_process_does_not_ask_twice(
    configured: CallbackSettings, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe.check(configured, network)
    monkeypatch.setattr(Inbox, "bodies", None)
    probe.check(configured, network)


def test_two_inboxes_are_an_error_in_one_sentence(
    configured: CallbackSettings, network: Network, tmp_path: Path
) -> None:
    mine = CallbackSettings(configured.base_url, (SECRET,), f"file://{tmp_path}/mine")
    for _ in range(2):
        with pytest.raises(
            SettingsError, match="kept the probe, but not in the inbox that this worker sees"
        ) as error:
            probe.check(mine, network)
        assert "\n" not in str(error.value) and SECRET not in str(error.value)
    assert len(network.asked) == 2, "an error is not remembered"


def test_two_secrets_are_an_error(configured: CallbackSettings, network: Network) -> None:
    with pytest.raises(SettingsError, match="knows none of this worker's secrets"):
        probe.check(CallbackSettings(configured.base_url, (OLD_SECRET,), configured.inbox), network)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (httpx.Response(404), "there is no receiver"),
        (httpx.Response(200, html="<p>Sign in</p>"), "something other than the receiver.* HTTP 200"),
        (httpx.Response(200, json=[]), "something other"),
        (httpx.Response(302, headers={"location": "https://sso.example.com"}), "something other.* HTTP 302"),
        (httpx.Response(403), "something other.* HTTP 403"),
    ],
)
def test_another_server_is_an_error(
    configured: CallbackSettings, network: Network, reply: httpx.Response, said: str
) -> None:
    network.answer = lambda request: reply
    with pytest.raises(SettingsError, match=said):
        probe.check(configured, network)


def test_a_receiver_that_is_not_ready_is_worth_another_try(
    configured: CallbackSettings, network: Network
) -> None:
    network.answer = lambda request: httpx.Response(503)
    with pytest.raises(NotSentError, match=r"HTTP 503, so nothing was submitted"):
        probe.check(configured, network)


def test_an_inbox_that_fails_is_worth_another_try(
    configured: CallbackSettings, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "inbox").write_text("a file")
    with pytest.raises(NotSentError, match=r"inbox could not be read.*nothing was submitted"):
        probe.check(configured, network)


def test_a_url_that_the_worker_cannot_reach_is_one_warning(
    configured: CallbackSettings, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    network.answer = refuse
    for _ in range(3):
        probe.check(configured, network)
        probe._valid_until.clear()
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "cannot be reached from this worker (ConnectError)" in line
    assert "/probe/" not in line, "the token is not told"


def test_it_sweeps_once_a_day(
    configured: CallbackSettings, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = []
    monkeypatch.setattr(Inbox, "sweep", lambda inbox: swept.append(time.time()) or 0)
    now = time.time()
    for hours in (0, 1, 23, 25, 26):
        monkeypatch.setattr(probe.time, "time", lambda hours=hours: now + 3600 * hours)
        probe._valid_until.clear()
        probe.check(configured, network)
    assert len(swept) == 2


def test_a_mark_that_somebody_spoilt_is_no_mark(
    configured: CallbackSettings, network: Network, tmp_path: Path
) -> None:
    probe.check(configured, network)
    for file in (tmp_path / "inbox" / "probe").iterdir():
        file.write_bytes(json.dumps({"at": "never"}).encode())
    probe._valid_until.clear()
    probe.check(configured, network)
    assert len(network.asked) == 2
