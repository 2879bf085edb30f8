"""The table of what the next start does, state by state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_faceswap.journal.decisions import Situation, Step, decide
from airflow_provider_faceswap.journal.entry import MAX_LEFT, Entry, Left, State

NOW = 1_800_000_000.0
SAME, OTHER_INPUTS = {"operation": "o", "init_video": "a"}, {"operation": "o", "init_video": "b"}
RETRY = Situation(
    now=NOW,
    inputs=SAME,
    base_url="https://here",
    max_tries=2,
    clear_number=0,
    tries_after_clear=3,
    timeout=3600.0,
    http_timeout=30.0,
)
CLEAR = replace(RETRY, max_tries=4, clear_number=1, tries_after_clear=4)
RESUBMIT = replace(CLEAR, buy_again=True)
SITUATIONS = [RETRY, replace(RETRY, buy_again=True), CLEAR, RESUBMIT]


def entry(state: State, **fields: Any) -> Entry:
    known = {
        "inputs": SAME, "base_url": "https://here", "job_id": "278", "max_tries": 2, "provider": "modelslab",
        "operation": "o", "attempted_at": NOW - 100, "submitted_at": NOW - 100, "deadline": NOW + 3500,
    }  # fmt: skip
    return Entry(state=state, **{**known, **fields})


INTENT = entry(State.INTENT, job_id="")
YOUNG = INTENT.moved_to(State.INTENT, attempted_at=NOW - 44)
DOUBT = entry(State.IN_DOUBT, job_id="", attempted_at=NOW)
RUNNING = entry(State.RUNNING)
LATE = entry(State.RUNNING, deadline=NOW - 1)
FINISHED = entry(State.FINISHED, deadline=NOW - 1)
ERASED = entry(State.FAILED).erased_at(NOW - 50)
FAILED = entry(State.FAILED, problem="No face found")
REFUSED = entry(State.REFUSED, job_id="")
OTHER = {"inputs": OTHER_INPUTS}
MOVED = {"base_url": "https://there"}
SUBMIT, ASK, FAIL, COLLECT, ATTACH = (
    Step.SUBMIT, Step.ASK_ABOUT_DOUBT, Step.FAIL, Step.COLLECT, Step.REATTACH,
)  # fmt: skip

TABLE = [
    ("nothing", None, SUBMIT, SUBMIT, SUBMIT),
    ("refused", REFUSED, SUBMIT, SUBMIT, SUBMIT),
    ("intent", INTENT, ASK, ASK, ASK),
    ("young intent", YOUNG, *[Step.WAIT_OUT] * 3),
    ("young intent, other inputs", entry(State.INTENT, job_id="", attempted_at=NOW, **OTHER),
     *[Step.WAIT_OUT] * 3),
    ("answered, but in doubt", DOUBT, ASK, ASK, ASK),
    ("running", RUNNING, ATTACH, ATTACH, ATTACH),
    ("past its deadline", LATE, Step.POLL_ONCE, ATTACH, ATTACH),
    ("finished", FINISHED, COLLECT, COLLECT, SUBMIT),
    ("erased", ERASED, FAIL, FAIL, SUBMIT),
    ("erased, connection moved", ERASED.moved_to(State.FINISHED, **MOVED), FAIL, FAIL, FAIL),
    ("erased, other inputs", ERASED.moved_to(State.FINISHED, **OTHER), FAIL, SUBMIT, SUBMIT),
    ("failed for good", FAILED, FAIL, SUBMIT, SUBMIT),
    ("running, other inputs", entry(State.RUNNING, **OTHER), FAIL, SUBMIT, SUBMIT),
    ("in doubt, other inputs", entry(State.IN_DOUBT, job_id="", **OTHER), FAIL, SUBMIT, SUBMIT),
    ("finished, other inputs", entry(State.FINISHED, **OTHER), FAIL, SUBMIT, SUBMIT),
    ("failed, other inputs", entry(State.FAILED, **OTHER), FAIL, SUBMIT, SUBMIT),
    ("refused, other inputs", entry(State.REFUSED, job_id="", **OTHER), SUBMIT, SUBMIT, SUBMIT),
    *[(f"{state.value}, connection moved", entry(state, **MOVED), FAIL, FAIL, FAIL)
      for state in State if state not in (State.REFUSED, State.FAILED)],
    # Nothing is left to collect.
    ("failed, connection moved", entry(State.FAILED, **MOVED), FAIL, SUBMIT, SUBMIT),
    ("running, moved and other inputs", entry(State.RUNNING, **MOVED, **OTHER), FAIL, FAIL, FAIL),
    ("refused, connection moved", entry(State.REFUSED, job_id="", **MOVED), SUBMIT, SUBMIT, SUBMIT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "retry", "clear", "resubmit"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_table(found: Entry | None, retry: Step, clear: Step, resubmit: Step) -> None:
    assert decide(found, RETRY).step is retry
    assert decide(found, replace(RETRY, buy_again=True)).step is retry, "a retry is never an explicit act"
    assert decide(found, CLEAR).step is clear
    assert decide(found, RESUBMIT).step is resubmit


def test_nothing_that_may_be_paid_is_left_behind_unnamed() -> None:
    for situation in SITUATIONS:
        for _, found, *_ in TABLE:
            decision = decide(found, situation)
            if decision.step is SUBMIT and found is not None and found.state is not State.REFUSED:
                assert decision.leaves == found and decision.entry is not None
                assert decision.entry.left[-1].job_id == found.job_id
                assert decision.entry.left[-1].state == found.state


def test_what_was_left_before_stays_named() -> None:
    before = FINISHED.moved_to(State.FINISHED, left=(RUNNING.left_behind().left[0],))
    for found in (before, before.moved_to(State.REFUSED, job_id="", inputs=OTHER_INPUTS)):
        after = decide(found, RESUBMIT).entry
        assert after is not None and after.left[0].job_id == "278"
    many = before
    for _ in range(MAX_LEFT + 5):
        many = FINISHED.moved_to(State.FINISHED, left=many.left_behind().left)
    assert len(many.left) == MAX_LEFT
    assert Entry.from_store(many.as_dict()) == many


def test_a_retry_keeps_the_deadline_and_a_clear_renews_it() -> None:
    kept, renewed = decide(RUNNING, RETRY).entry, decide(LATE, CLEAR).entry
    assert kept == RUNNING
    assert renewed is not None
    assert (renewed.deadline, renewed.submitted_at, renewed.max_tries) == (NOW + 3600, NOW - 100, 4)
    assert renewed.attempted_at == LATE.attempted_at, "its age counts from its submission"
    later = decide(renewed, replace(CLEAR, now=NOW + 60))
    assert later.entry == renewed and not later.cleared, "the next retry is none of a person's"


@pytest.mark.parametrize("found", [FINISHED, FAILED, entry(State.REFUSED, job_id="", deadline=NOW - 1)])
def test_a_clear_starts_a_new_count_where_it_buys_again(found: Entry) -> None:
    after = decide(found.moved_to(found.state, resubmissions=3, doubts=2), RESUBMIT).entry
    assert after is not None
    assert (after.deadline, after.submitted_at, after.resubmissions, after.doubts) == (0.0, 0.0, 0, 0)


def test_a_refused_resubmission_keeps_its_count_and_deadline() -> None:
    found = entry(State.REFUSED, job_id="", resubmissions=1)
    assert decide(found, RETRY).entry == found


def test_a_young_intent_is_waited_out_to_the_http_timeout_and_fifteen_seconds() -> None:
    assert decide(YOUNG, RETRY).seconds == pytest.approx(1.0)
    assert decide(YOUNG, replace(RETRY, http_timeout=150.0)).seconds == pytest.approx(121.0)


def test_a_clock_that_is_ahead_is_waited_for_once() -> None:
    ahead = INTENT.moved_to(State.INTENT, attempted_at=NOW + 86_400)
    first = decide(ahead, RETRY)
    assert (first.step, first.seconds) == (Step.WAIT_OUT, pytest.approx(45.0))
    waited = replace(RETRY, now=NOW + 45, waited_out=ahead.attempted_at)
    assert decide(ahead, waited).step is ASK
    newer = ahead.moved_to(State.INTENT, attempted_at=NOW + 86_401)
    assert decide(newer, waited).step is Step.WAIT_OUT, "another submission"


def test_a_clear_in_doubt_grants_a_new_deadline() -> None:
    found = decide(INTENT, CLEAR).entry
    assert found is not None and found.deadline == 0.0
    unchanged = decide(INTENT, RETRY).entry
    assert unchanged is not None and unchanged.deadline == INTENT.deadline


def test_retries_that_were_lowered_and_a_clear() -> None:
    """Both give the same ``max_tries``: the run's own count decides, in the first try after it."""
    lowered = replace(RETRY, clear_number=1, tries_after_clear=2)
    assert decide(FAILED, lowered).cleared
    assert not decide(FAILED, replace(lowered, clear_number=0)).cleared, "nothing of the run was cleared"
    assert not decide(FAILED, replace(lowered, tries_after_clear=3)).cleared, "another task was"


def test_a_clear_that_collects_is_noted() -> None:
    noted = decide(FINISHED, CLEAR).entry
    assert noted is not None and (noted.max_tries, noted.clear_number) == (4, 1)
    assert decide(FINISHED, RETRY).entry == FINISHED


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(
    "written", ["278", 278, " 278 ", {"job_id": "278"}, {"job_id": 278}, {"job_id": "278", "state": None}]
)
def test_an_adopted_job_is_reattached_to(situation: Situation, written: Any) -> None:
    decision = decide(Entry.from_store(written), situation)
    assert decision.step is Step.REATTACH and decision.entry is not None
    assert decision.entry.job_id == "278" and not decision.cleared
    assert decision.entry.inputs == SAME and decision.entry.deadline == NOW + 3600
    assert decision.entry.base_url == "https://here" and not decision.entry.replaceable
    assert decision.reason, "so that the completed entry is written"
    assert Entry.from_store(decision.entry.as_dict()) == decision.entry


def test_only_a_clear_that_is_told_to_may_replace_a_job_that_is_unknown() -> None:
    flags = [decide(RUNNING, situation).entry.replaceable for situation in SITUATIONS]  # type: ignore[union-attr]
    assert flags == [False, False, False, True]


def test_what_changed_and_both_places_are_named() -> None:
    said = decide(entry(State.RUNNING, inputs={**SAME, "init_video": "b", "gone": "c"}), RETRY).reason
    assert "job 278 was bought with other inputs; changed: gone, init_video;" in said
    moved = decide(entry(State.RUNNING, **MOVED), RETRY).reason
    assert "https://there" in moved and "https://here" in moved


VERSIONED = {"versions": {"init_video": "1"}}


@pytest.mark.parametrize("state", [State.INTENT, State.IN_DOUBT, State.RUNNING, State.FINISHED, State.FAILED])
@pytest.mark.parametrize("known", [{}, {"init_video": "1"}, {"init_image": "7"}])
def test_a_version_that_is_the_same_or_not_known_changes_nothing(state: State, known: dict[str, str]) -> None:
    ours = entry(state, job_id="" if state in (State.INTENT, State.IN_DOUBT) else "278", **VERSIONED)
    for situation in SITUATIONS:
        bare = decide(ours.moved_to(state, versions={}), situation)
        assert decide(ours, replace(situation, versions=known)).step is bare.step


@pytest.mark.parametrize("state", [State.INTENT, State.IN_DOUBT])
def test_a_file_that_was_written_again_settles_no_doubt(state: State) -> None:
    ours = entry(state, job_id="", **VERSIONED)
    assert decide(ours, replace(CLEAR, versions={"init_video": "2"})).step is ASK


@pytest.mark.parametrize("state", [State.RUNNING, State.FINISHED])
def test_a_file_that_was_written_again_is_another_input_for_a_clear_alone(state: State) -> None:
    ours, newer = entry(state, **VERSIONED), {"init_video": "2"}
    retry = decide(ours, replace(RETRY, versions=newer))
    assert retry.step is decide(ours, RETRY).step and retry.leaves is None
    clear = decide(ours, replace(CLEAR, versions=newer))
    assert clear.step is SUBMIT and clear.leaves == ours
    assert clear.reason == "cleared with other inputs (init_video)"


BACK = replace(CLEAR, inputs=OTHER_INPUTS, identity="x")
FORMER: dict[str, Any] = {
    "job_id": "9", "identity": "x", "base_url": "https://here", "state": State.FINISHED, "nonce": "n0nce",
}  # fmt: skip


@pytest.mark.parametrize(
    "state", [State.REFUSED, State.IN_DOUBT, State.RUNNING, State.FINISHED, State.FAILED]
)
def test_a_clear_goes_back_to_the_job_of_former_inputs(state: State) -> None:
    job_id = "" if state in (State.REFUSED, State.IN_DOUBT) else "278"
    found = decide(entry(state, job_id=job_id, left=(Left(**FORMER),)), BACK)
    assert (found.step, found.back) == (ATTACH, True)
    assert found.entry and (found.entry.job_id, found.entry.nonce) == ("9", "n0nce")
    assert found.entry.inputs == OTHER_INPUTS and found.entry.deadline == NOW + 3600
    assert [left.job_id for left in found.entry.left] == ([] if state is State.REFUSED else [job_id])


@pytest.mark.parametrize(
    "other",
    [
        {"identity": "y"},
        {"identity": ""},
        {"base_url": "https://there"},
        {"state": State.FAILED},
        {"job_id": ""},
    ],
)
def test_a_former_job_that_is_no_use_is_left_where_it_is(other: dict[str, Any]) -> None:
    ours = entry(State.FINISHED, left=(Left(**{**FORMER, **other}),))
    assert decide(ours, BACK).step is SUBMIT
    assert decide(ours, replace(BACK, identity="")).step is SUBMIT


def test_a_retry_does_not_go_back_and_resubmit_buys() -> None:
    ours = entry(State.FINISHED, left=(Left(**FORMER),))
    assert decide(ours, replace(RETRY, inputs=OTHER_INPUTS, identity="x")).step is FAIL
    assert decide(ours, replace(BACK, buy_again=True)).step is SUBMIT


def test_what_was_erased_is_said_and_not_bought_again_in_silence() -> None:
    for situation in (RETRY, CLEAR):
        reason = decide(ERASED, situation).reason
        assert reason.startswith("job 278 was erased on request at 2027-01-15 07:59:10 UTC, so nothing is")


def test_a_clear_that_goes_back_to_the_inputs_of_an_erased_job_does_not_buy_them() -> None:
    former = replace(CLEAR, inputs=OTHER_INPUTS, identity="former")
    left = entry(State.FINISHED, **OTHER, identity="former", job_id="200").left_behind().left
    now = entry(State.FINISHED, left=left)
    assert decide(now, former).step is Step.REATTACH
    decision = decide(now.moved_to(State.FINISHED, left=now.erased_at(NOW, ["200"]).left), former)
    assert (decision.step, "job 200 was erased" in decision.reason) == (Step.FAIL, True)
    assert decide(now, replace(former, buy_again=True)).step is Step.SUBMIT
