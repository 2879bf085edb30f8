"""``airflow faceswap jobs``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_faceswap.journal.entry import State
from tests.cli.scene import Scene, entry, run


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    run("jobs", "--output", "json", *words)
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_what_is_in_doubt_and_what_runs_is_listed(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    doubt = scene.keeps(scene.run(run_id="doubt"), entry())
    scene.keeps(
        scene.run(run_id="runs", state="deferred"),
        entry(State.RUNNING, job_id="278", cost={"amount": 10, "unit": "credits"}),
    )
    scene.keeps(scene.run(run_id="done", state="success"), entry(State.FINISHED, job_id="279"))
    rows = {row["run_id"]: row for row in listed(capsys)}
    assert rows.keys() == {"doubt", "runs"}
    assert rows["doubt"]["state"] == "in_doubt"
    assert rows["doubt"]["since"].startswith("2026-09-21T")
    assert (rows["runs"]["job_id"], rows["runs"]["cost"]) == ("278", "10 credits")
    assert rows["runs"]["task_state"] == "deferred"
    assert doubt.dag_id == rows["doubt"]["dag_id"]


def test_other_states_are_listed_when_asked_for(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.keeps(scene.run(run_id="done", state="success"), entry(State.FINISHED, job_id="279"))
    scene.keeps(scene.run(run_id="bad"), entry(State.FAILED, job_id="280"))
    assert [row["run_id"] for row in listed(capsys, "--state", "finished")] == ["done"]
    assert [row["run_id"] for row in listed(capsys, "--state", "all")] == ["bad", "done"]
    assert [row["run_id"] for row in listed(capsys, "--state", "all", "--limit", "1")] == ["bad"]
    assert listed(capsys, "--state", "all", "--run-id", "done", "--task-id", "swap")[0]["job_id"] == "279"
    assert listed(capsys, "--state", "all", "--dag-id", "other") == []


def test_a_state_that_there_is_not_is_refused(scene: Scene) -> None:
    with pytest.raises(SystemExit, match=r"there is no state 'runing'\. Use in_doubt"):
        run("jobs", "--state", "runing")


def test_an_intent_of_a_worker_that_lives_is_no_doubt(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.keeps(scene.run(run_id="now", state="running"), entry(State.INTENT))
    scene.keeps(scene.run(run_id="dead"), entry(State.INTENT))
    assert {row["run_id"]: row["state"] for row in listed(capsys)} == {
        "now": "submitting",
        "dead": "in_doubt",
    }


def test_a_job_that_a_person_adopted_by_its_bare_id_runs(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.keeps(scene.run(run_id="bare"), "278")
    scene.keeps(scene.run(run_id="short"), {"job_id": 279})
    assert {row["run_id"]: row["job_id"] for row in listed(capsys)} == {"bare": "278", "short": "279"}


def test_an_entry_that_cannot_be_read_is_said(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.keeps(scene.run(), {"state": "running", "job_id": "../x"})
    assert [row["state"] for row in listed(capsys)] == ["unreadable"]


def test_no_link_and_no_words_of_a_vendor_are_printed(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "https://cdn.example.com/x.jpg?sig=abcdef"
    scene.keeps(scene.run(), entry(problem=secret, made_from={"init_image": "https://example.com/face.jpg"}))
    for output in ("table", "json", "yaml", "plain"):
        run("jobs", "--output", output)
    assert "example.com" not in capsys.readouterr().out


def test_nothing_to_list_is_said(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    run("jobs")
    assert "No data found" in capsys.readouterr().out


def test_below_airflow_33_it_says_that_there_is_no_store(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "airflow.models.task_state_store", None)
    with pytest.raises(SystemExit, match=r"Airflow below 3\.3 has no task state store"):
        run("jobs")
