"""The journal's I/O: what is written when, for how long, and what a stumbling store does."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from airflow.sdk.execution_time import context as airflow_context

from airflow_provider_faceswap.exceptions import JournalError, NotSentError
from airflow_provider_faceswap.journal import state as module
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.store import CALLBACK_KEY, KEY, PROBE, Journal
from tests.fakes import FakeClock, FakeStore, api_error, context

ENTRY = Entry(state=State.RUNNING, job_id="278", inputs={"operation": "x"}, nonce="n0nce")


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    monkeypatch.setattr(module, "time", fake)
    return fake


def test_what_is_saved_is_loaded(store: FakeStore) -> None:
    Journal(context(store)).save(ENTRY)
    assert Journal(context(store)).load() == ENTRY


def test_items_of_one_task_have_entries_of_their_own(store: FakeStore) -> None:
    Journal(context(store), 3).save(ENTRY)
    assert Journal(context(store)).load() is None and Journal(context(store), 4).load() is None
    assert Journal(context(store), 3).load() == ENTRY


@pytest.mark.skipif(not hasattr(airflow_context, "NEVER_EXPIRE"), reason="this Airflow has no store")
def test_nothing_expires_by_itself(store: FakeStore) -> None:
    journal = Journal(context(store))
    journal.load()
    journal.save(ENTRY)
    journal.save_with_retries(ENTRY)
    assert len(store.retentions) == 4 and set(store.retentions) == {airflow_context.NEVER_EXPIRE}


def test_a_store_that_knows_no_eternity_is_asked_for_ten_years(
    store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(airflow_context, "NEVER_EXPIRE", raising=False)
    Journal(context(store)).save_with_retries(ENTRY)
    assert store.retentions[0].days == 3650


def test_no_entry_is_believed_only_after_a_write(store: FakeStore) -> None:
    """A store answers "nothing" as well where it does not know the try that asks."""
    store.set = mock.Mock(side_effect=api_error(404))  # type: ignore[method-assign]
    with pytest.raises(type(api_error(404))):
        Journal(context(store)).load()
    assert store.set.call_args.args == (PROBE, True)


def test_a_look_before_an_intent_writes_nothing(store: FakeStore) -> None:
    assert Journal(context(store)).load(prove=False) is None and not store.history


def test_a_first_entry_is_not_written_over_another(store: FakeStore) -> None:
    """The look that found nothing may have met a 404 that had another cause."""
    Journal(context(store)).save(ENTRY)
    written = len(store.history)
    with pytest.raises(NotSentError, match="nothing was sent"):
        Journal(context(store, try_number=2)).save_first(ENTRY.moved_to(State.INTENT, job_id=""))
    assert len(store.history) == written


def test_a_first_try_looks_once(store: FakeStore) -> None:
    given = mock.Mock(get=mock.Mock(return_value=None))
    journal = Journal(context(given))
    assert journal.load(prove=False) is None
    journal.save_first(ENTRY)
    assert [call[0] for call in given.method_calls] == ["get", "set", "set"]


def test_below_airflow_3_3_a_first_entry_is_no_more_than_any_other() -> None:
    assert Journal(context()).save_first(ENTRY) == ENTRY


def test_an_entry_that_appears_with_the_write_is_taken(store: FakeStore) -> None:
    real = store.set

    def late(key: str, value: Any, *, retention: Any = None) -> None:
        real(key, value)
        real(KEY, ENTRY.as_dict())

    store.set = late  # type: ignore[method-assign]
    assert Journal(context(store)).load() == ENTRY


def test_below_airflow_3_3_nothing_is_kept() -> None:
    journal = Journal(context())
    assert not journal.durable and journal.load() is None
    assert journal.save(ENTRY) == journal.save_with_retries(ENTRY) == ENTRY
    assert "state-store" not in journal.how_to()


@pytest.mark.parametrize("status", [400, 403, 409, 429, 500, 503])
def test_what_a_submission_came_to_is_written_for_half_a_minute(
    store: FakeStore, clock: FakeClock, status: int
) -> None:
    error = api_error(status, "404")
    store.set = mock.Mock(side_effect=error)  # type: ignore[method-assign]
    with pytest.raises(type(error)):
        Journal(context(store)).save_with_retries(ENTRY)
    assert store.set.call_count == 6 and 20 < sum(clock.slept) < 40


def test_a_try_that_was_superseded_stops_at_once(store: FakeStore, clock: FakeClock) -> None:
    store.set = mock.Mock(side_effect=api_error(404))  # type: ignore[method-assign]
    with pytest.raises(type(api_error(404))):
        Journal(context(store)).save_with_retries(ENTRY)
    assert store.set.call_count == 1 and not clock.slept


def test_an_intent_is_written_once(store: FakeStore, clock: FakeClock) -> None:
    store.set = mock.Mock(side_effect=api_error(503))  # type: ignore[method-assign]
    with pytest.raises(type(api_error(503))):
        Journal(context(store)).save(ENTRY)
    assert store.set.call_count == 1


@pytest.mark.parametrize("ended", [KeyboardInterrupt, SystemExit])
def test_a_task_that_is_ended_is_not_held_up(store: FakeStore, clock: FakeClock, ended: Any) -> None:
    store.set = mock.Mock(side_effect=ended)  # type: ignore[method-assign]
    with pytest.raises(ended):
        Journal(context(store)).save_with_retries(ENTRY)
    assert not clock.slept


@pytest.mark.parametrize("written", ["4711", {"job_id": "4711"}])
def test_an_adopted_job_gets_the_nonce_of_the_latest_submission(store: FakeStore, written: Any) -> None:
    Journal(context(store)).save(ENTRY)
    store.set(KEY, written)
    found = Journal(context(store)).load()
    assert found is not None and (found.job_id, found.nonce) == ("4711", "n0nce")


@pytest.mark.parametrize("nonce", ["../../x", 7, ["n"], "x" * 65, ""])
def test_a_nonce_that_is_none_is_left_out(store: FakeStore, nonce: Any) -> None:
    store.set(CALLBACK_KEY, nonce)
    store.set(KEY, "4711")
    found = Journal(context(store)).load()
    assert found is not None and found.nonce == ""


@pytest.mark.parametrize("junk", [["what"], {"state": "s3cret"}, True, "s3cret s3cret", 1.5])
def test_an_entry_that_cannot_be_read_says_how_to_mend_it(store: FakeStore, junk: Any) -> None:
    store.set(KEY, junk)
    with pytest.raises(JournalError, match=r"cannot be read: .*Storage > Task State Store.*PUT") as caught:
        Journal(context(store)).load()
    assert "s3cret" not in str(caught.value)


def test_the_way_to_the_entry_is_one_that_a_client_can_use() -> None:
    given = context(FakeStore())
    given["ti"].run_id, given["ti"].map_index = "manual__2026-11-21T00:00:00+00:00", 3
    said = Journal(given, 7).how_to()
    assert (
        "/api/v2/dags/dag/dagRuns/manual__2026-11-21T00%3A00%3A00%2B00%3A00/taskInstances/swap/state-store/"
        "faceswap%2F7?map_index=3"
    ) in said
