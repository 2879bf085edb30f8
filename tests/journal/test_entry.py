"""An entry lies where people and other versions write: whatever is there, it is an entry or a ValueError."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.apis.job import Cost, Job, JobState
from airflow_provider_faceswap.apis.results import as_result, without_signatures
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.journal.entry import Entry, State

CANARY = "C4N4RY"
FULL = Entry(
    state=State.RUNNING,
    provider="modelslab",
    operation="v2/faceswap-v2",
    inputs={"operation": "0123456789abcdef", "init_video": "0123456789abcdef"},
    base_url="https://modelslab.com",
    job_id="278",
    name="0" * 32,
    attempted_at=1_800_000_000.5,
    submitted_at=1_800_000_000.0,
    deadline=1_800_003_600.0,
    eta=12.5,
    route={"path": "/api/v6/deepfake/fetch/278"},
    nonce="n0nce_-",
    cost={"amount": 10.0, "unit": "credits"},
    spooled_at="file:///spool/faceswap-paid-0",
    result=as_result(
        "modelslab", "single_video_swap", Job(job_id="278", state=JobState.SUCCESS), submitted_at=1.0
    ),
    max_tries=3,
    clear_number=1,
    replaceable=True,
    resubmissions=1,
    doubts=2,
    problem="p",
)
FULL = FULL.moved_to(State.RUNNING, left=FULL.left_behind().left)

junk: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**63, 1e308, float("nan"), float("inf"), -1, 0])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["../" * 9, "278\n", "a b", "x" * 200, "\ud800", "\x00", "https://k:s@h/?sig=1", "🦊"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(sorted(Entry.model_fields))


def read(value: Any) -> Entry | None:
    """Read a value; what is neither an entry nor refused as a ValueError fails the test."""
    try:
        return Entry.from_store(value)
    except ValueError as error:
        assert type(error) is ValueError, "pydantic's own would echo values"
        assert len(str(error)) < 500
        return None


@given(junk)
def test_any_value_is_an_entry_or_a_value_error(value: Any) -> None:
    entry = read(value)
    assert entry is None or entry.job_id or entry.state is not State.RUNNING


@given(st.dictionaries(fields, junk, max_size=8))
def test_any_object_is_an_entry_or_a_value_error(value: dict[str, Any]) -> None:
    check(read(value))


@given(fields, junk)
def test_a_good_entry_with_one_wrong_field(name: str, value: Any) -> None:
    check(read({**FULL.as_dict(), name: value}))


def check(entry: Entry | None) -> None:
    """An entry that was accepted can be worked with and written again."""
    if entry is not None:
        written = json.loads(json.dumps(entry.as_dict(), allow_nan=False))
        assert Entry.from_store(written) == entry
        assert entry.ticket().job_id == entry.job_id
        assert all(part not in entry.job_id for part in "/.\n ")


@pytest.mark.parametrize("name", sorted(Entry.model_fields))
@pytest.mark.parametrize(
    "wrong", [CANARY + "/../" + CANARY * 500, [CANARY], {CANARY: {CANARY: CANARY}}, 10**30]
)
def test_no_value_is_repeated(name: str, wrong: Any) -> None:
    try:
        Entry.from_store({**FULL.as_dict(), name: wrong})
    except ValueError as error:
        assert str(error) == f"wrong value of {name}" and error.__suppress_context__
    else:
        assert name in ("name", "job_id", "route"), "and these only if they are harmless"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("state", "elsewhere"),
        ("job_id", "../../admin"),
        ("job_id", "278\n"),
        ("job_id", "x" * 129),
        ("job_id", ""),
        ("job_id", True),
        ("nonce", "../n"),
        ("deadline", -1),
        ("deadline", 1e12),
        ("deadline", "inf"),
        ("submitted_at", float("nan")),
        ("eta", 1e300),
        ("max_tries", 10**9),
        ("clear_number", -1),
        ("resubmissions", -1),
        ("resubmissions", 1.5),
        ("doubts", 10**30),
        ("inputs", {"a/../b\n": "c"}),
        ("inputs", {str(number): "c" for number in range(65)}),
        ("route", {"path": "x" * 2001}),
        ("route", {"path": 1}),
        ("cost", {"amount": "much"}),
        ("cost", {"amount": 1.0, "unit": "x" * 65}),
        ("cost", {"amount": float("inf"), "unit": "credits"}),
        ("result", {"password": "x"}),
        ("result", []),
        ("left", [{"job_id": "../", "state": "running"}]),
        ("left", [{"job_id": "1", "state": "running"}] * 21),
        ("problem", "x" * 2001),
    ],
)
def test_a_wrong_value_is_refused_by_its_fields_name(name: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=rf"\A(wrong value of {name}|a running job needs a job_id)\Z"):
        Entry.from_store({**FULL.as_dict(), "result": None, "spooled_at": None, name: wrong})


@pytest.mark.parametrize("value", [True, ["278"], 1.5, {"state": "running"}, "a b", ""])
def test_an_adoption_that_names_no_job_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        Entry.from_store(value)


def test_nothing_is_kept_beside_a_cost() -> None:
    found = Entry.from_store({**FULL.as_dict(), "cost": {"amount": 1, "unit": "credits", "x": "y" * 10_000}})
    assert found is not None and found.cost == {"amount": 1.0, "unit": "credits"}


def test_a_number_that_python_does_not_print_is_refused() -> None:
    with pytest.raises(ValueError):
        Entry.from_store(10**5000)


@pytest.mark.parametrize("state", State)
def test_an_entry_survives_the_store(state: State) -> None:
    written = FULL.moved_to(state)
    assert Entry.from_store(json.loads(json.dumps(written.as_dict()))) == written
    assert Entry.from_store({**written.as_dict(), "from_the_future": 1}) == written


def test_a_ticket_carries_what_a_deferral_needs() -> None:
    ticket = FULL.ticket()
    assert Ticket.from_dict(json.loads(json.dumps(ticket.as_dict()))) == ticket
    again = Entry.of_ticket(ticket, inputs=FULL.inputs)
    for name in ("job_id", "nonce", "base_url", "deadline", "eta", "route", "resubmissions", "doubts"):
        assert getattr(again, name) == getattr(FULL, name), name
    assert again.attempted_at == FULL.attempted_at


def test_a_long_problem_is_cut_and_not_refused_when_it_is_read() -> None:
    written = FULL.moved_to(State.FAILED, problem="x" * 5000)
    assert Entry.from_store(written.as_dict()) == written


LINK = "https://cdn.example.com/" + "x" * 8000
LARGEST = Job(
    job_id="x" * 128,
    state=JobState.SUCCESS,
    output=(LINK,) * 64,
    eta=1e7 - 1,
    seconds=1e7 - 1,
    meta={name: "m" * 200 for name in ("seed", "file_prefix", "watermark", "output_format", "request_id")},
    cost=Cost(amount=1e300),
)


def test_the_largest_result_that_a_vendor_can_give_is_read_again() -> None:
    result = without_signatures(as_result("modelslab", "o", LARGEST, submitted_at=1.0))
    written = FULL.moved_to(State.FINISHED, result=result, eta=LARGEST.eta, job_id=LARGEST.job_id)
    assert Entry.from_store(written.as_dict()) == written


def test_an_erased_entry_names_its_job_and_nothing_of_the_people_in_it() -> None:
    left = Entry(state=State.FINISHED, job_id="1", nonce="n1", route={"poll": "https://x.example/1"})
    entry = Entry(
        state=State.FAILED,
        left=left.left_behind().left,
        inputs={"init_image": "d"},
        provider="modelslab",
        job_id="278",
        nonce="n0nce",
        made_from={"init_image": "https://example.com/face.jpg"},
        problem="No face in https://example.com/face.jpg",
        route={"poll": "https://x.example/278"},
        spooled_at="s3://c@b/faceswap-paid-x",
        obeyed="w",
    )
    erased = entry.erased_at(5.0)
    assert erased.as_dict() == {
        "state": "finished",
        "provider": "modelslab",
        "job_id": "278",
        "inputs": {"init_image": "d"},
        "obeyed": "w",
        "erased": 5.0,
        "left": [{"state": "finished", "job_id": "1", "erased": 5.0}],
    }
    assert Entry.from_store(erased.as_dict()) == erased


def test_one_job_that_was_left_behind_can_be_erased_alone() -> None:
    left = Entry(state=State.FINISHED, job_id="1", nonce="n1").left_behind().left
    entry = Entry(state=State.FINISHED, job_id="278", nonce="n2", left=left)
    erased = entry.erased_at(5.0, ["1"])
    assert (erased.nonce, erased.erased) == ("n2", 0.0)
    assert [(job.nonce, job.erased) for job in erased.left] == [("", 5.0)]
