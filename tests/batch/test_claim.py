"""One folder, one writer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from unittest import mock

import pytest
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from airflow_provider_faceswap import __version__
from airflow_provider_faceswap.batch.claim import FINISHED, Claim, airflow_state_of, owner_of, take_claim
from airflow_provider_faceswap.exceptions import InputError, NotSentError
from airflow_provider_faceswap.storage.places import Place
from tests.batch.claims import all_are, holder, nobody, task
from tests.batch.interleaving import MemoryPlace
from tests.fakes import FakeTaskInstance, api_error

UNFINISHED = (
    "running", "queued", "scheduled", "deferred", "up_for_retry", "up_for_reschedule", "restarting",
    "awaiting_input", "no_status",
)  # fmt: skip


@pytest.fixture
def place() -> MemoryPlace:
    return MemoryPlace({})


def refused(place: Place, owner: Mapping[str, Any], state: str | None) -> str:
    with pytest.raises(NotSentError) as caught:
        take_claim(place, owner, all_are(state))
    assert caught.value.paid is False
    return str(caught.value)


def test_a_claim_says_whose_it_is(place: MemoryPlace) -> None:
    held = take_claim(place, task("a", map_index=3), nobody)
    found = holder(place.files)
    assert found.pop("nonce") == held.nonce and found.pop("claimed_at")
    assert found == {**task("a", map_index=3), "provider_version": __version__}
    held.confirm()
    held.release()
    assert not place.files


@pytest.mark.parametrize("state", UNFINISHED)
def test_the_folder_of_an_unfinished_task_is_refused(place: MemoryPlace, state: str) -> None:
    take_claim(place, task("a", map_index=3), nobody)
    before = dict(place.files)
    said = refused(place, task("b"), state)
    assert said.startswith("output_path is in use by task 'a' of Dag 'd', run 'r', map index 3, ")
    assert f"which is {state}. Wait" in said and "{{ run_id }}" in said
    assert f"delete {place.url}/claim.json" in said and "nothing was sent" in said
    assert place.files == before


@pytest.mark.parametrize("state", sorted(FINISHED))
def test_the_folder_of_a_finished_task_is_taken_over(place: MemoryPlace, state: str) -> None:
    first = take_claim(place, task("a"), nobody)
    second = take_claim(place, task("b"), all_are(state))
    assert holder(place.files)["task_id"] == "b" and list(place.files) == ["claim.json"]
    with pytest.raises(NotSentError, match="taken over by task 'b' of Dag 'd', run 'r'; nothing was sent"):
        first.confirm()
    first.release()
    second.confirm()


def test_a_run_that_this_airflow_does_not_know_keeps_its_claim(place: MemoryPlace) -> None:
    take_claim(place, task("a"), nobody)
    said = refused(place, task("b"), None)
    assert "which this Airflow does not know: another Airflow may write there" in said
    assert f"delete {place.url}/claim.json" in said
    place.files.clear()
    take_claim(place, task("b"), nobody).confirm()


@pytest.mark.parametrize("other", [{"map_index": 4}, {"run_id": "r2"}, {"dag_id": "e"}, {"task_id": "b"}])
def test_another_instance_of_a_task_is_another_task(place: MemoryPlace, other: dict[str, Any]) -> None:
    take_claim(place, task("a"), nobody)
    assert "in use by" in refused(place, {**task("a"), **other}, "running")


def test_a_resume_keeps_its_claim_and_a_later_try_renews_it(place: MemoryPlace) -> None:
    first = take_claim(place, task("a"), nobody)
    assert take_claim(place, task("a"), nobody) == first
    second = take_claim(place, task("a", try_number=2), nobody)
    assert second.nonce != first.nonce and list(place.files) == ["claim.json"]
    with pytest.raises(NotSentError, match="taken over by task 'a'"):
        first.confirm()  # a worker that Airflow has given up, and that still runs
    first.release()
    second.confirm()


def test_a_claim_that_somebody_deleted_is_lost(place: MemoryPlace) -> None:
    held = take_claim(place, task("a"), nobody)
    place.files.clear()
    with pytest.raises(NotSentError, match="its claim was deleted"):
        held.confirm()
    held.release()


GOOD = {**task("a"), "nonce": "0" * 32}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"[" * 60_000, b"\xff", json.dumps({**GOOD, "nonce": "../x"}).encode(),
     json.dumps({**GOOD, "dag_id": None}).encode(), json.dumps({**GOOD, "map_index": "0"}).encode(),
     json.dumps(task("a")).encode(), json.dumps(GOOD).encode() + b" " * 20_000 + b"x"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["claim.json", f"claim-after-{'0' * 32}.json"])
def test_a_claim_that_cannot_be_read_is_named(place: MemoryPlace, name: str, content: bytes) -> None:
    place.files |= {"claim.json": json.dumps(GOOD).encode(), name: content}
    if content.endswith(b"x"):
        assert refused(place, task("b"), "running")  # blanks behind a claim do no harm
        return
    said = refused(place, task("b"), "success")
    assert said.startswith(f"output_path: {place.url}/{name} is not a claim that can be read")
    assert f"delete {place.url}/claim.json; nothing was sent" in said


def test_a_chain_that_leads_in_a_circle_is_not_followed_forever(place: MemoryPlace) -> None:
    place.files |= dict.fromkeys(("claim.json", f"claim-after-{'0' * 32}.json"), json.dumps(GOOD).encode())
    assert "not a claim that can be read" in refused(place, task("b"), "success")


def test_what_a_claim_says_is_shown_in_one_short_line(place: MemoryPlace) -> None:
    place.files["claim.json"] = json.dumps({**GOOD, "dag_id": "x\n" * 5000}).encode()
    said = refused(place, task("b"), "running")
    assert "\n" not in said and len(said) < 1000


@pytest.mark.parametrize(
    ("problem", "expected"), [(PermissionError("no"), InputError), (ConnectionError("reset"), NotSentError)]
)
def test_a_store_that_fails_is_an_error_of_the_family(problem: Exception, expected: type[Exception]) -> None:
    def fail(what: str, name: str) -> None:
        raise problem

    with pytest.raises(expected, match=f"claim.json cannot be written.*{problem}"):
        take_claim(MemoryPlace({}, fail), task("a"), nobody)
    with pytest.raises(expected):
        Claim(MemoryPlace({}, fail), "0" * 32).confirm()


def test_a_claim_that_cannot_be_deleted_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail(what: str, name: str) -> None:
        raise ConnectionError("reset")

    Claim(MemoryPlace({}, fail), "0" * 32).release()
    assert "claim.json could not be deleted: ConnectionError: reset" in caplog.text


def test_an_answer_that_is_lost_is_no_reason_to_give_the_claim_up(place: MemoryPlace) -> None:
    """The store's library asks again by itself, and finds its own file."""
    with mock.patch.object(
        MemoryPlace, "create", lambda self, name, content: bool(self.write(name, content))
    ):
        take_claim(place, task("a"), nobody).confirm()
        take_claim(place, task("b"), all_are("success")).confirm()
    assert list(place.files) == ["claim.json"]


@pytest.mark.parametrize(
    ("map_index", "answer", "state"),
    [(-1, {"r": {"a": "running"}}, "running"), (-1, {"r": {"a": None}}, "no_status"), (-1, {}, None),
     (-1, {"r": {}}, None), (0, {"r": {"a_0": "success"}}, "success"), (-1, {"r": {"a_0": "success"}}, None),
     (3, {"r": {"a_3": None, "a_30": "failed"}}, "no_status"), (3, {"r": {"a": "success"}}, None)],
)  # fmt: skip
def test_the_state_of_an_owner_is_looked_up_in_airflow(
    map_index: int, answer: Any, state: str | None
) -> None:
    ti = mock.create_autospec(RuntimeTaskInstance, instance=True)
    ti.get_task_states.return_value = answer
    assert airflow_state_of(ti)(task("a", map_index=map_index)) == state
    ti.get_task_states.assert_called_once_with(
        dag_id="d", run_ids=["r"], task_ids=["a"], map_index=None if map_index < 0 else map_index
    )


def test_a_state_that_cannot_be_looked_up_sends_nothing() -> None:
    ti = mock.create_autospec(RuntimeTaskInstance, instance=True)
    ti.get_task_states.side_effect = api_error(503, "away")
    with pytest.raises(NotSentError, match=r"state of task 'a' of Dag 'd', .* cannot be looked up"):
        airflow_state_of(ti)(task("a"))


def test_a_task_instance_is_named_by_what_airflow_calls_it() -> None:
    assert owner_of(FakeTaskInstance(2)) == {
        "dag_id": "dag", "run_id": "manual__1", "task_id": "swap", "map_index": -1, "try_number": 2,
    }  # fmt: skip
