"""A vendor that is polled, and whose callbacks say when."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.callbacks.config import CallbackSettings
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.exceptions import InputError, PollError
from airflow_provider_faceswap.execution.callback_completion import PollingOnCallback
from airflow_provider_faceswap.execution.clock import Clock
from airflow_provider_faceswap.execution.completion import completion_for
from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger
from tests.fakes import FakeClock, hook_double, job

NONCE = "N" * 22
CLIP = "https://a.example/clip.mp4"
TICKET = Ticket(job_id="278", submitted_at=1_000.0, deadline=9_000.0, eta=100.0, nonce=NONCE)
DOUBT = Ticket(job_id="", submitted_at=1_000.0, deadline=9_000.0, nonce=NONCE)
SWAP = vendor("modelslab").operations["single_video_swap"]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(f"file://{tmp_path}")


def completion(inbox: Inbox, *, asks: bool = True, states: dict[str, Any] | None = None) -> PollingOnCallback:
    """A vendor that answers polls with these states by id, and knows no other job."""
    hook = hook_double("modelslab")

    async def answer(poll: Any, base_url: str) -> Job:
        state = (states or {}).get(poll.job_id, JobState.UNKNOWN)
        if isinstance(state, Exception):
            raise state
        return Job(job_id=poll.job_id, state=state)

    hook.asend.side_effect = answer
    found = PollingOnCallback("modelslab", hook, asks=asks)
    settings = CallbackSettings("https://airflow.example", ("s" * 32,), inbox.url)
    found._callback.__dict__.update(inbox=inbox, settings=settings)
    return found


def call(inbox: Inbox, job_id: str = "278", status: str = "success") -> None:
    inbox.put("modelslab", NONCE, json.dumps({"id": int(job_id), "status": status}).encode())


def request(**fields: Any) -> Any:
    return SWAP.checked({"init_image": "https://a.example/face.jpg", "init_video": CLIP, **fields})


def test_who_may_call_back() -> None:
    hook = hook_double("modelslab")
    assert isinstance(completion_for("modelslab", hook, SWAP, use_callback=True), PollingOnCallback)
    segmind = hook_double("segmind")
    with pytest.raises(InputError, match="use_callback: must be False: Segmind takes no callback URL"):
        completion_for("segmind", segmind, vendor("segmind").operations["faceswap-v2"], use_callback=True)


def test_a_request_asks_for_a_callback_of_ours(inbox: Inbox) -> None:
    sent, nonce = completion(inbox).addressed(request(), 9_000.0)
    assert (
        sent.webhook.startswith("https://airflow.example/faceswap/callbacks/modelslab/") and len(nonce) == 22
    )


def test_a_request_does_not_ask_by_default(inbox: Inbox) -> None:
    sent, nonce = completion(inbox, asks=False).addressed(request(webhook="https://own.example/x"), 9_000.0)
    assert (sent.webhook, nonce) == ("https://own.example/x", "")


def test_two_receivers_are_one_too_many(inbox: Inbox) -> None:
    with pytest.raises(InputError, match="webhook: is the URL of your own receiver, and use_callback"):
        completion(inbox).addressed(request(webhook="https://own.example/x"), 9_000.0)


@pytest.mark.parametrize("asks", [True, False])
def test_what_a_callback_names_counts_if_the_vendor_knows_it(inbox: Inbox, asks: bool) -> None:
    for job_id in ("278", "279"):
        call(inbox, job_id)
    known = completion(inbox, asks=asks, states={"278": JobState.PROCESSING})
    assert known.answers(DOUBT) == {"278"}
    assert known.answers_all([TICKET, DOUBT]) == [{"278"}, {"278"}]


@pytest.mark.parametrize("state", [JobState.UNKNOWN, JobState.UNCLEAR, PollError("HTTP 503")])
def test_nothing_is_believed_that_no_poll_confirms(inbox: Inbox, state: Any) -> None:
    call(inbox)
    assert completion(inbox, states={"278": state}).answers(DOUBT) == set()


def test_without_a_callback_nobody_is_asked(inbox: Inbox) -> None:
    silent = completion(inbox)
    assert silent.answers(DOUBT) == set()
    assert not silent.hook.asend.await_count  # type: ignore[attr-defined]


def waits(clock: FakeClock, one: PollingOnCallback, until: float = 9_000.0, **options: Any) -> bool:
    return one.sleep(TICKET, TICKET.watch(None, until), Clock(clock.time, clock.sleep), **options)


def arriving(clock: FakeClock, at: float, act: Callable[[], None]) -> None:
    """Let something happen while the worker sleeps."""
    sleep = clock.sleep

    def until(seconds: float) -> None:
        sleep(seconds)
        if clock.seconds >= at:
            clock.sleep = sleep  # type: ignore[method-assign]
            act()

    clock.sleep = until  # type: ignore[method-assign]


@pytest.fixture
def clock() -> FakeClock:
    found = FakeClock()
    found.seconds = 1_000.0
    return found


def test_a_worker_wakes_at_the_callback(inbox: Inbox, clock: FakeClock) -> None:
    one = completion(inbox)
    arriving(clock, 1_040.0, lambda: call(inbox))
    assert waits(clock, one) and clock.seconds == pytest.approx(1_040, abs=2)
    # It counts once: if the poll after it finds the job running, the next one follows at the usual time.
    assert waits(clock, one) and clock.seconds == pytest.approx(1_090, abs=3)


def test_a_worker_polls_late_if_no_callback_comes(inbox: Inbox, clock: FakeClock) -> None:
    assert waits(clock, completion(inbox)) and clock.seconds == pytest.approx(1_160, abs=4)


def test_a_worker_that_waits_for_a_short_while_only_leaves_the_poll_to_the_trigger(
    inbox: Inbox, clock: FakeClock
) -> None:
    assert not waits(clock, completion(inbox), 1_010.0)
    assert clock.seconds == pytest.approx(1_010)


def test_a_body_of_another_job_wakes_nobody(inbox: Inbox, clock: FakeClock) -> None:
    call(inbox, "279")
    assert waits(clock, completion(inbox)) and clock.seconds == pytest.approx(1_160, abs=4)


def test_an_inbox_that_fails_delays_no_poll_for_ever(inbox: Inbox, clock: FakeClock, tmp_path: Path) -> None:
    one = completion(inbox)
    (tmp_path / "modelslab").write_text("a file where a folder should be")
    assert waits(clock, one) and clock.seconds == pytest.approx(1_160, abs=4)


def test_the_trigger_polls_and_listens(inbox: Inbox) -> None:
    trigger = completion(inbox).trigger(TICKET, deadline=9_000.0)
    assert isinstance(trigger, SwapJobsTrigger) and trigger.jobs[0]["nonce"] == NONCE


def test_what_is_not_needed_any_longer_is_deleted(inbox: Inbox) -> None:
    call(inbox)
    completion(inbox, asks=False).forget(TICKET)
    assert inbox.bodies("modelslab", NONCE) == []


def test_jobs_without_a_callback_need_no_settings() -> None:
    plain = completion_for("modelslab", hook_double("modelslab"), SWAP)
    ticket = Ticket(job_id="278", submitted_at=1.0, deadline=2.0)
    plain.check()
    plain.forget(ticket)
    assert plain.answers(ticket) == set()
    plain.hook.send.return_value = job()  # type: ignore[attr-defined]
    assert plain.poll(ticket).state is JobState.SUCCESS


@pytest.mark.parametrize("certain", [True, False])
def test_a_name_that_cannot_be_confirmed_now(inbox: Inbox, certain: bool) -> None:
    """Who asks before buying again must know; who waits looks again."""
    call(inbox)
    found = completion(inbox, states={"278": PollError("HTTP 503")})
    if certain:
        with pytest.raises(PollError, match="HTTP 503"):
            found.answers_all([DOUBT], certain=True)
    else:
        assert found.answers_all([DOUBT]) == [set()]
