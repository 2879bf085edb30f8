"""How vendors bring results: polled, or by callback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.callbacks import probe
from airflow_provider_faceswap.callbacks.config import CallbackSettings
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.exceptions import InputError, RefusedForNowError, SettingsError
from airflow_provider_faceswap.execution.callback_completion import Callback
from airflow_provider_faceswap.execution.completion import Polling, completion_for
from airflow_provider_faceswap.execution.pause import MAX_PAUSE, Refusals
from tests.fakes import hook_double, job

NONCE = "N" * 22
CLAIMED = Ticket(job_id="ac3eb7", submitted_at=1.0, deadline=2.0)
OWN = Ticket(job_id="ac3eb7", submitted_at=1.0, deadline=2.0, nonce=NONCE)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(f"file://{tmp_path}")


@pytest.fixture
def callback(inbox: Inbox) -> Callback:
    found = Callback("aifaceswap", hook_double("aifaceswap"))
    found.__dict__["inbox"] = inbox
    return found


def body(job_id: str = "ac3eb7") -> bytes:
    said = {"task_id": job_id, "success": 1, "result_image": "https://cdn.example.com/r.webp"}
    return json.dumps(said).encode()


def test_who_is_polled_and_who_calls_back() -> None:
    for name in ("modelslab", "segmind"):
        assert isinstance(completion_for(name, hook_double(name)), Polling)
    hook, operations = hook_double("aifaceswap"), vendor("aifaceswap").operations
    assert isinstance(completion_for("aifaceswap", hook), Callback)
    assert isinstance(completion_for("aifaceswap", hook, operations["video_faceswap"]), Callback)
    assert isinstance(completion_for("aifaceswap", hook, operations["extract_face"]), Polling)


@pytest.mark.parametrize("vendors_own", [True, False])
def test_the_vendor_cannot_reach_a_receiver_on_this_machine(
    callback: Callback, monkeypatch: pytest.MonkeyPatch, vendors_own: bool
) -> None:
    """The sandbox can; of the vendor no callback would come, and the job would be paid."""
    monkeypatch.setattr(probe, "check", lambda _: None)
    callback.settings = CallbackSettings("http://127.0.0.1:8081", ("x" * 40,), "file:///inbox")
    own = hook_double("aifaceswap").settings.model_copy(update={"vendors_own": vendors_own})
    callback.hook.settings = own  # type: ignore[misc]
    if not vendors_own:
        callback.check()
        return
    with pytest.raises(SettingsError, match=r"callback_base_url leads to 127\.0\.0\.1, which aifaceswap\.io"):
        callback.check()


def test_a_poll_asks_under_the_jobs_own_route() -> None:
    hook = hook_double("modelslab")
    hook.send.return_value = job()
    Polling("modelslab", hook).poll(
        Ticket(job_id="278", submitted_at=1.0, deadline=2.0, route={"namespace": "deepfake"})
    )
    sent = hook.send.call_args.args[0]
    assert not sent.billed and sent.path({"namespace": "faceswap"}) == "/api/v6/deepfake/fetch/278"


def test_what_a_claim_leads_to(callback: Callback, inbox: Inbox) -> None:
    callback.claim(OWN)
    inbox.put("aifaceswap", NONCE, body())
    assert callback.poll(CLAIMED).state is callback.poll(OWN).state is JobState.SUCCESS
    trigger = callback.trigger(CLAIMED, conn_id="c", deadline=2.0, poll_interval=5, operation="o")
    assert trigger.jobs[0]["nonce"] == NONCE
    callback.forget(CLAIMED)
    assert callback.poll(OWN).state is JobState.PROCESSING


def test_a_body_of_another_job_is_not_this_ones(callback: Callback, inbox: Inbox) -> None:
    inbox.put("aifaceswap", NONCE, body("0ther"))
    assert callback.poll(OWN).state is JobState.PROCESSING
    assert callback.answers(OWN) == {"0ther"}


def test_rubbish_is_no_answer(callback: Callback, inbox: Inbox) -> None:
    for rubbish in (b"", b"{}", b"[]", b"\xff", body("../x")):
        inbox.put("aifaceswap", NONCE, rubbish)
    assert callback.answers(OWN) == set()


def test_a_job_that_nobody_here_submitted(callback: Callback) -> None:
    assert callback.poll(CLAIMED).state is JobState.PROCESSING
    assert callback.answers(CLAIMED) == set()
    with pytest.raises(InputError, match="not submitted from this Airflow"):
        callback.trigger(CLAIMED, conn_id="c", deadline=2.0)


def test_a_claim_needs_both_names(callback: Callback, inbox: Inbox) -> None:
    callback.claim(CLAIMED)
    assert inbox.claimed("aifaceswap", "ac3eb7") is None


def test_pauses_grow_to_a_bound_and_end_at_the_timeout() -> None:
    error, so_far, now = RefusedForNowError("queue full"), Refusals(), 0.0
    pauses = []
    with pytest.raises(RefusedForNowError, match=r"refused \d+ times until the timeout"):
        for _ in range(1000):
            so_far = so_far.another(now)
            pauses.append(so_far.pause(error, now, 3600.0))
            now += pauses[-1]
    assert min(pauses) > 8 and max(pauses) * 1.25 > MAX_PAUSE and max(pauses) <= MAX_PAUSE * 1.2
    assert now <= 3600 + pauses[0]


def test_a_vendor_may_ask_for_more() -> None:
    assert Refusals().another(0.0).pause(RefusedForNowError("x", 600.0), 0.0, 3600.0) == 600.0
