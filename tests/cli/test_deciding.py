"""``airflow faceswap adopt`` and ``resubmit``: the decision of the tab, and a clear."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.journal.decisions import Situation, Step
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.wishes import Wish, decide_with
from airflow_provider_faceswap.pages.database import Task
from tests.cli.scene import SUBMITTED, Scene, entry, run

NAMED = ("--dag-id", "swaps", "--run-id", "run1", "--task-id", "swap")


def cleared(scene: Scene, task: Task) -> bool:
    found = scene.instance(task)
    return found.state is None and found.max_tries == 2


def situation() -> Situation:
    return Situation(
        now=SUBMITTED + 9000,
        inputs={"init_image": "a"},
        base_url="https://modelslab.com",
        max_tries=2,
        clear_number=1,
        tries_after_clear=2,
        timeout=3600,
        http_timeout=30,
    )


@pytest.fixture
def doubt(scene: Scene) -> Task:
    return scene.keeps(scene.run(), entry())


def test_a_job_is_adopted(scene: Scene, doubt: Task, capsys: pytest.CaptureFixture[str]) -> None:
    run("adopt", "278", "--yes")
    decision = scene.decision(doubt)
    assert {**decision, "id": ""} == {"id": "", "attempt": SUBMITTED, "action": "adopt", "job_id": "278"}
    assert cleared(scene, doubt)
    wish = Wish.from_store(decision)
    adopted = wish and wish.adopted(entry(), situation())
    assert adopted
    assert (adopted.state, adopted.job_id) == (State.RUNNING, "278")
    said = capsys.readouterr().out
    assert "task swap of Dag swaps, run run1" in said
    assert "It collects job 278. Nothing is bought." in said


def test_it_is_bought_again(scene: Scene, doubt: Task, capsys: pytest.CaptureFixture[str]) -> None:
    run("resubmit", *NAMED, "--yes")
    decision = scene.decision(doubt)
    assert {**decision, "id": ""} == {"id": "", "attempt": SUBMITTED, "action": "resubmit"}
    assert cleared(scene, doubt)
    assert decide_with(Wish.from_store(decision), entry(), situation()).step is Step.SUBMIT
    assert "both are paid" in capsys.readouterr().out


@pytest.mark.parametrize("state", [State.FINISHED, State.FAILED])
def test_another_is_bought_after_the_job_has_ended(
    scene: Scene, state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = entry(state, job_id="278", cost={"amount": 10, "unit": "credits"})
    task = scene.keeps(scene.run(state="success"), ended)
    run("resubmit", *NAMED, "--yes")
    decision = scene.decision(task)
    assert decision["action"] == "buy_another"
    assert decide_with(Wish.from_store(decision), ended, situation()).step is Step.SUBMIT
    assert cleared(scene, task)
    assert "The last one cost 10 credits." in capsys.readouterr().out


def test_what_has_ended_must_be_named_in_full(scene: Scene) -> None:
    for run_id in ("run1", "run2"):
        scene.keeps(scene.run(run_id=run_id, state="success"), entry(State.FINISHED, job_id="278"))
    with pytest.raises(SystemExit, match="Nothing is in doubt for dag_id swaps"):
        run("resubmit", "--dag-id", "swaps", "--yes")


def test_who_says_no_decides_nothing(
    scene: Scene, doubt: Task, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda: "n")
    run("adopt", "278")
    assert scene.decision(doubt) is None
    assert not cleared(scene, doubt)
    assert "Cancelled: nothing was done." in capsys.readouterr().out


def test_a_script_must_say_yes(scene: Scene, doubt: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed() -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    with pytest.raises(SystemExit, match="Use --yes in scripts"):
        run("adopt", "278")
    assert scene.decision(doubt) is None


def test_a_decision_can_be_written_without_a_clear(scene: Scene, doubt: Task) -> None:
    run("adopt", "278", "--no-clear", "--yes")
    assert scene.decision(doubt)["job_id"] == "278"
    assert scene.instance(doubt).state == "failed"


@pytest.mark.parametrize("command", [("adopt", "278"), ("resubmit",)])
def test_of_several_doubts_one_must_be_named(scene: Scene, doubt: Task, command: tuple[str, ...]) -> None:
    other = scene.keeps(scene.run(run_id="run2"), entry())
    with pytest.raises(SystemExit) as error:
        run(*command, "--yes")
    assert "2 submissions in doubt match" in str(error.value)
    assert "task swap of Dag swaps, run run2" in str(error.value)
    run(*command, "--run-id", "run2", "--yes")
    assert (scene.decision(doubt), bool(scene.decision(other))) == (None, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("adopt", "278"), "Nothing is in doubt."),
        (("adopt", "278", "--dag-id", "no"), "There is no such task instance: dag_id no"),
        (("resubmit", *NAMED[:-1], "no"), "There is no such task instance"),
        (("resubmit", *NAMED), "Nothing was bought by dag_id swaps"),
        (("adopt", "a b"), "A job id has 1 to 128"),
        (("adopt", "../278"), "A job id has 1 to 128"),
    ],
)
def test_what_cannot_be_decided_is_said(scene: Scene, words: tuple[str, ...], said: str) -> None:
    scene.run()
    with pytest.raises(SystemExit, match=said.replace(".", r"\.")):
        run(*words, "--yes")


@pytest.mark.parametrize(
    "known",
    [entry(State.RUNNING, job_id="277"), entry(State.FINISHED, job_id="277"), entry(State.REFUSED)],
)
def test_what_is_settled_is_not_adopted(scene: Scene, known: Entry) -> None:
    task = scene.keeps(scene.run(), known)
    with pytest.raises(SystemExit, match=f"There is nothing to decide: .* is {known.state.value}"):
        run("adopt", "278", *NAMED, "--yes")
    assert scene.decision(task) is None


@pytest.mark.parametrize("known", [entry(State.RUNNING, job_id="277"), entry(State.REFUSED)])
def test_what_runs_or_was_refused_is_not_bought_again(scene: Scene, known: Entry) -> None:
    scene.keeps(scene.run(), known)
    with pytest.raises(SystemExit, match="There is nothing to decide"):
        run("resubmit", *NAMED, "--yes")


def test_the_only_purchase_of_a_dag_says_how_it_stands(scene: Scene) -> None:
    scene.keeps(scene.run(), entry(State.RUNNING, job_id="277"))
    with pytest.raises(SystemExit, match=r"There is nothing to decide: .* is running, job 277"):
        run("adopt", "278", "--dag-id", "swaps", "--yes")


def test_a_task_that_runs_is_left_alone(scene: Scene) -> None:
    task = scene.keeps(scene.run(state="running"), entry())
    with pytest.raises(
        SystemExit, match="The task swap of Dag swaps, run run1 is running: decide when it has ended"
    ):
        run("adopt", "278", "--yes")
    assert scene.decision(task) is None


def test_a_task_that_is_no_longer_in_the_dag_is_left_alone(scene: Scene) -> None:
    scene.parse("other", ("swap", "more"))
    task = scene.keeps(scene.run("other", "run1", "more"), entry())
    from airflow.models.serialized_dag import SerializedDagModel

    model = SerializedDagModel.get("other", session=scene.session)
    data: dict[str, Any] = dict(model.data)
    data["dag"] = {
        **data["dag"],
        "tasks": [t for t in data["dag"]["tasks"] if t["__var"]["task_id"] != "more"],
    }
    data["dag"]["task_group"] = {**data["dag"]["task_group"], "children": {"swap": ["operator", "swap"]}}
    model._data, model._data_compressed = data, None
    scene.session.commit()
    with pytest.raises(SystemExit, match="does not find task more of Dag other"):
        run("adopt", "278", "--dag-id", "other", "--yes")
    assert scene.decision(task) is None
