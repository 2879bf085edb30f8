from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_faceswap.journal.decisions import Start, Step, decide
from airflow_provider_faceswap.journal.entry import Entry, State

NOW = 1_800_000_000.0
START = Start(
    now=NOW, fingerprint="same", base_url="https://here", max_tries=2, timeout=3600.0, http_timeout=30.0
)
RETRY, CLEAR = START, replace(START, max_tries=4)


def entry(state: State, **fields: Any) -> Entry:
    known = {
        "fingerprint": "same", "base_url": "https://here", "job_id": "278", "max_tries": 2,
        "attempted_at": NOW - 100, "submitted_at": NOW - 100, "deadline": NOW + 3500,
    }  # fmt: skip
    return Entry(state, **{**known, **fields})


INTENT = entry(State.INTENT, job_id="")
YOUNG = replace(INTENT, attempted_at=NOW - 44)
DOUBT = entry(State.IN_DOUBT, job_id="", attempted_at=NOW)
RUNNING = entry(State.RUNNING)
LATE = entry(State.RUNNING, deadline=NOW - 1)
FINISHED = entry(State.FINISHED, deadline=NOW - 1)
FAILED = entry(State.FAILED, problem="No face found")
OTHER = {"fingerprint": "other"}
MOVED = {"base_url": "https://there"}

TABLE = [
    ("nothing", None, Step.SUBMIT, Step.SUBMIT),
    ("refused", entry(State.REFUSED, job_id=""), Step.SUBMIT, Step.SUBMIT),
    ("intent", INTENT, Step.ASK_ABOUT_DOUBT, Step.ASK_ABOUT_DOUBT),
    ("young intent", YOUNG, Step.WAIT_OUT, Step.WAIT_OUT),
    ("answered, but in doubt", DOUBT, Step.ASK_ABOUT_DOUBT, Step.ASK_ABOUT_DOUBT),
    ("running", RUNNING, Step.REATTACH, Step.REATTACH),
    ("past its deadline", LATE, Step.POLL_ONCE, Step.REATTACH),
    ("finished", FINISHED, Step.COLLECT, Step.SUBMIT),
    ("failed for good", FAILED, Step.FAIL, Step.SUBMIT),
    ("running, other inputs", replace(RUNNING, **OTHER), Step.FAIL, Step.SUBMIT),
    ("in doubt, other inputs", replace(DOUBT, **OTHER), Step.FAIL, Step.SUBMIT),
    ("finished, other inputs", replace(FINISHED, **OTHER), Step.SUBMIT, Step.SUBMIT),
    ("running, connection moved", replace(RUNNING, **MOVED), Step.FAIL, Step.FAIL),
    ("in doubt, connection moved", replace(DOUBT, **MOVED), Step.FAIL, Step.FAIL),
    ("finished, connection moved", replace(FINISHED, **MOVED), Step.FAIL, Step.FAIL),
    ("refused, connection moved", entry(State.REFUSED, job_id="", **MOVED), Step.SUBMIT, Step.SUBMIT),
]


@pytest.mark.parametrize(
    ("found", "retry", "clear"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_table(found: Entry | None, retry: Step, clear: Step) -> None:
    assert decide(found, RETRY).step is retry
    assert decide(found, CLEAR).step is clear


def test_a_retry_keeps_the_deadline_and_a_clear_renews_it() -> None:
    kept, renewed = decide(RUNNING, RETRY).entry, decide(LATE, CLEAR).entry
    assert kept == RUNNING
    assert renewed is not None
    assert (renewed.deadline, renewed.submitted_at, renewed.max_tries) == (NOW + 3600, NOW - 100, 4)
    assert decide(renewed, replace(CLEAR, now=NOW + 60)).entry == renewed, (
        "the next retry is none of a person's"
    )


def test_a_clear_starts_a_new_count_where_it_buys_anew() -> None:
    for found in (FINISHED, FAILED, entry(State.REFUSED, job_id="", deadline=NOW - 1)):
        assert decide(found, CLEAR).entry is None


def test_a_refused_resubmission_keeps_its_count_and_deadline() -> None:
    found = entry(State.REFUSED, job_id="", resubmissions=1)
    assert decide(found, RETRY).entry == found


def test_a_young_intent_is_waited_out_to_the_http_timeout_and_fifteen_seconds() -> None:
    assert decide(YOUNG, RETRY).seconds == pytest.approx(1.0)


def test_a_clear_in_doubt_grants_a_new_deadline() -> None:
    found = decide(INTENT, CLEAR).entry
    assert found is not None and found.deadline == 0.0
    unchanged = decide(INTENT, RETRY).entry
    assert unchanged is not None and unchanged.deadline == INTENT.deadline


@pytest.mark.parametrize("start", [RETRY, CLEAR])
@pytest.mark.parametrize("written", ["278", 278, {"job_id": "278"}])
def test_an_adopted_job_is_reattached_to(start: Start, written: Any) -> None:
    decision = decide(Entry.from_store(written), start)
    assert decision.step is Step.REATTACH and decision.entry is not None
    assert decision.entry.job_id == "278"
    assert decision.entry.fingerprint == "same" and decision.entry.deadline == NOW + 3600
    assert decision.reason, "so that the completed entry is written"


def test_both_fingerprints_and_both_places_are_named() -> None:
    assert "other" in decide(replace(RUNNING, **OTHER), RETRY).reason
    assert "same" in decide(replace(RUNNING, **OTHER), RETRY).reason
    moved = decide(replace(RUNNING, **MOVED), RETRY).reason
    assert "https://there" in moved and "https://here" in moved


@pytest.mark.parametrize("state", State)
def test_an_entry_survives_the_store(state: State) -> None:
    written = entry(state, route={"path": "/a/278"}, eta=12.5, problem="p")
    assert Entry.from_store(written.as_dict()) == written


@pytest.mark.parametrize(
    "value", [True, ["278"], 1.5, {"state": "running"}, {"state": "elsewhere", "job_id": "1"}]
)
def test_an_entry_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        Entry.from_store(value)


def test_an_entry_of_a_later_version_is_read() -> None:
    found = Entry.from_store({**RUNNING.as_dict(), "from_the_future": 1})
    assert found == RUNNING
