"""Batches on the command line: counted, their doubts settled row by row, their rows forgotten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.batch.journal import Head
from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.cli import traces
from airflow_provider_faceswap.cli.state_store import TaskStore
from airflow_provider_faceswap.journal.wishes import Wish
from airflow_provider_faceswap.storage.places import LocalPlace, Place
from tests.cli.batches import Batch
from tests.cli.scene import SUBMITTED, Scene, run

SUCCESS, FAILED, DOUBT, UNFINISHED = Status.SUCCESS, Status.FAILED, Status.IN_DOUBT, Status.UNFINISHED
NAMED = ("--dag-id", "swaps", "--run-id", "run1", "--task-id", "swap")


@pytest.fixture
def batch(scene: Scene) -> Batch:
    return Batch(scene, SUCCESS, DOUBT, FAILED, DOUBT, UNFINISHED)


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    run("jobs", "--output", "json", *words)
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def swaps(batch: Batch) -> list[str]:
    """Return the names of the files that a folder has."""
    return sorted(path.name for path in Path(batch.folder.removeprefix("file://")).glob("*.jpg"))


def test_a_batch_is_counted_and_its_doubts_are_named(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    head, *doubts = listed(capsys)
    assert head["rows"] == "1 failed, 2 in_doubt, 1 success, 1 unfinished"
    assert (head["state"], head["row"]) == ("in_doubt", "all")
    assert [(row["row"], row["state"], row["provider"]) for row in doubts] == [
        ("1", "in_doubt", "modelslab"),
        ("3", "in_doubt", "modelslab"),
    ]


def test_one_without_doubts_runs_while_jobs_of_it_do(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    Batch(scene, SUCCESS, UNFINISHED)
    assert [row["state"] for row in listed(capsys)] == ["running"]
    assert [row["state"] for row in listed(capsys, "--state", "in_doubt")] == []


def test_of_one_whose_folder_cannot_be_read_the_journal_is_shown(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = Path(batch.folder.removeprefix("file://"), "manifest.jsonl")
    manifest.write_text("damaged\n")
    assert "by the journal alone" in listed(capsys)[0]["rows"]


def test_one_row_is_adopted_and_another_bought_again(
    scene: Scene, batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("adopt", "4711", "--row", "1", "--no-clear", "--yes")
    run("resubmit", *NAMED, "--row", "3", "--yes")
    rows = scene.decision(batch.task)["rows"]
    assert {index: (row["action"], row["attempt"]) for index, row in rows.items()} == {
        "1": ("adopt", SUBMITTED + 1),
        "3": ("resubmit", SUBMITTED + 3),
    }
    for index, row in rows.items():
        wish = Wish.from_store(row)
        assert wish
        assert wish.fits(batch.journal_of(f"key{index}").entry)
    assert scene.instance(batch.task).state is None
    assert "row 3: single_video_swap, in_doubt" in capsys.readouterr().out


def test_all_rows_in_doubt_are_bought_again_together(scene: Scene, batch: Batch) -> None:
    run("resubmit", *NAMED, "--all-rows", "--yes")
    rows = scene.decision(batch.task)["rows"]
    assert {index: row["action"] for index, row in rows.items()} == {"1": "resubmit", "3": "resubmit"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("adopt", "4711"), "(?s)2 submissions in doubt match.*row 1.*row 3"),
        (("resubmit", *NAMED), "2 submissions in doubt match"),
        (("adopt", "4711", *NAMED, "--row", "0"), "Row 0 of .* is not in doubt"),
    ],
)
def test_a_row_that_is_in_doubt_must_be_named(
    scene: Scene, batch: Batch, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SystemExit, match=said):
        run(*words, "--yes")
    assert scene.decision(batch.task) is None


@pytest.mark.parametrize(
    "named",
    [
        (*NAMED, "--row", "0"),
        ("--provider", "modelslab", "--job-id", "300"),
        ("--consent-reference", "release-0"),
    ],
)
def test_a_row_is_forgotten(batch: Batch, named: tuple[str, ...]) -> None:
    file = Path(batch.lines()[0]["stored"][0].removeprefix("file://"))
    assert file.exists()
    run("forget", *named, "--yes")
    assert not file.exists()
    assert not Path(f"{file}.provenance.json").exists()
    lines = batch.lines()
    assert (lines[0]["status"], lines[0]["item"], lines[0]["stored"]) == ("failed", {}, [])
    assert "was erased on request" in lines[0]["error"]
    assert lines[1]["item"] == {"target": "https://example.com/clip-1.mp4"}
    assert batch.journal_of("key0").entry.erased > 0
    assert batch.own.names("") == []
    assert not list(Path(file.parent, "_faceswap").glob("claim*"))
    kept = [path.read_text() for path in file.parent.rglob("*.json*")]
    assert "clip-0" not in "".join(kept)


def test_before_yes_nothing_of_a_row_is_deleted(batch: Batch, capsys: pytest.CaptureFixture[str]) -> None:
    before = batch.lines()
    run("forget", *NAMED, "--row", "0")
    said = capsys.readouterr().out
    assert "manifest: item and media" in said
    assert "list of the batch" in said
    assert batch.lines() == before
    assert batch.own.names("") != []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (NAMED, "The task swap of Dag swaps, run run1 is a batch: name rows with --row"),
        ((*NAMED, "--row", "1"), "row 1 is in doubt: settle it first"),
        ((*NAMED, "--row", "4"), "row 4: job 304 runs"),
        ((*NAMED, "--row", "9"), "Row 9 was not bought by task swap"),
    ],
)
def test_what_cannot_be_forgotten_of_a_batch_is_said(batch: Batch, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        run("forget", *words, "--yes")


def test_a_folder_that_another_batch_writes_to_is_left_alone(scene: Scene, batch: Batch) -> None:
    from airflow_provider_faceswap.batch.claim import take_claim

    place = LocalPlace(scene.root / "swaps/_faceswap")
    place.url = f"{batch.folder}/_faceswap"
    other = scene.run(run_id="run2", state="deferred")
    take_claim(place, {**vars(other), "try_number": 1}, lambda owner: None)
    before = batch.lines()
    with pytest.raises(SystemExit, match="Nothing was deleted: output_path is in use by task 'swap'"):
        run("forget", *NAMED, "--row", "0", "--yes")
    assert batch.lines() == before
    assert Path(before[0]["stored"][0].removeprefix("file://")).exists()


def test_rows_of_runs_that_airflow_has_no_longer_are_found_by_the_folder(scene: Scene, batch: Batch) -> None:
    TaskStore(scene.session, batch.task).delete("faceswap")
    scene.session.commit()
    file = Path(batch.lines()[0]["stored"][0].removeprefix("file://"))
    run("forget", "--provider", "modelslab", "--job-id", "300", "--output-path", batch.folder, "--yes")
    assert not file.exists()
    assert "was erased on request" in batch.lines()[0]["error"]


def test_another_batch_whose_folder_nobody_knows_keeps_nothing(scene: Scene, batch: Batch) -> None:
    """It was refused before it paid, and Airflow has pruned what it had rendered."""
    TaskStore(scene.session, batch.task).delete("faceswap")
    scene.session.commit()
    scene.keeps(scene.run(run_id="run2", state="failed"), Head(max_tries=1).model_dump(mode="json"))
    run("forget", "--provider", "modelslab", "--job-id", "300", "--output-path", batch.folder, "--yes")
    assert "was erased on request" in batch.lines()[0]["error"]


def test_a_row_is_not_forgotten_twice(batch: Batch, capsys: pytest.CaptureFixture[str]) -> None:
    run("forget", *NAMED, "--row", "0", "--yes")
    once = batch.lines()
    run("forget", *NAMED, "--row", "0", "--yes")
    assert "Nothing is kept of what you named." in capsys.readouterr().out
    assert batch.lines() == once


def test_a_row_that_is_not_settled_keeps_its_line(
    scene: Scene, batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    TaskStore(scene.session, batch.task).delete("faceswap")
    scene.session.commit()
    named = ("--provider", "modelslab", "--job-id", "304", "--output-path", batch.folder)
    with pytest.raises(SystemExit, match="row 4 is unfinished: settle it first"):
        run("forget", *named, "--yes")
    assert batch.lines()[4]["status"] == "unfinished"


ROW = ("--row", "0")
JOB = ("--provider", "modelslab", "--job-id")


@pytest.mark.parametrize("named", [ROW, ("--consent-reference", "release-0"), (*JOB, "300"), (*JOB, "400")])
@pytest.mark.parametrize("run_id", ["run1", "run2"])
def test_all_that_was_bought_for_a_row_is_forgotten(
    scene: Scene, named: tuple[str, ...], run_id: str
) -> None:
    batch = Batch(scene, SUCCESS, SUCCESS)
    again = Batch(scene, SUCCESS, SUCCESS, run_id=run_id, after=batch)
    task = ("--dag-id", "swaps", "--run-id", run_id, "--task-id", "swap") if named is ROW else ()
    run("forget", *task, *named, "--yes")
    assert swaps(batch) == ["modelslab-301.jpg", "modelslab-401.jpg"]
    (left,) = again.journal_of("key0").entry.left
    assert left.erased > 0


@pytest.mark.parametrize("named", [("--consent-reference", "release-0"), (*JOB, "300"), (*JOB, "400")])
def test_all_of_a_row_of_a_run_that_airflow_has_no_longer_is_forgotten(
    scene: Scene, named: tuple[str, ...]
) -> None:
    batch = Batch(scene, SUCCESS)
    Batch(scene, SUCCESS, after=batch)
    TaskStore(scene.session, batch.task).delete("faceswap")
    scene.session.commit()
    run("forget", *named, "--output-path", batch.folder, "--yes")
    assert swaps(batch) == []


def test_unless_a_row_was_bought_twice_only_its_own_records_are_read(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def read_line(place: Place, name: str, **_: object) -> dict[str, Any]:
        read.append(name)
        return {}

    monkeypatch.setattr(traces, "read_line", read_line)
    batch = Batch(scene, SUCCESS, SUCCESS)
    run("forget", *NAMED, *ROW)
    assert read == ["modelslab-300.jpg"]
    Batch(scene, SUCCESS, SUCCESS, after=batch)
    run("forget", *NAMED, *ROW)
    assert len(read) == 1 + 4


def test_what_another_dag_bought_for_a_row_is_left_and_named(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = Batch(scene, SUCCESS)
    record = Path(batch.folder.removeprefix("file://"), "modelslab-300.jpg.provenance.json")
    record.write_text(json.dumps({**json.loads(record.read_text()), "dag_id": "another"}))
    Batch(scene, SUCCESS, after=batch)
    run("forget", *NAMED, *ROW, "--yes")
    assert swaps(batch) == ["modelslab-300.jpg"]
    said = capsys.readouterr().out.replace("\n", "")
    assert "modelslab-300.jpg: its record names the Dag 'another'" in said
    run("forget", *JOB, "300", "--output-path", batch.folder, "--yes")
    assert swaps(batch) == []


def test_a_row_that_another_task_has_bought_again_is_forgotten_with_that_task(scene: Scene) -> None:
    batch = Batch(scene, SUCCESS)
    Batch(scene, SUCCESS, run_id="run2", after=batch)
    before = batch.lines()
    with pytest.raises(SystemExit, match=r"Row 0 .* another task bought it again.*--job-id"):
        run("forget", *NAMED, *ROW, "--yes")
    assert (batch.lines(), swaps(batch)) == (before, ["modelslab-300.jpg", "modelslab-400.jpg"])


def test_a_job_whose_id_the_manifest_alone_has_is_forgotten(scene: Scene, batch: Batch) -> None:
    batch.settled_by_callback("key0")
    run("forget", *JOB, "300", "--yes")
    assert swaps(batch) == []
    assert "was erased on request" in batch.lines()[0]["error"]


def test_a_job_that_is_found_nowhere_may_be_in_a_folder_that_cannot_be_read(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(batch.folder.removeprefix("file://"), "manifest.jsonl").write_text("damaged\n")
    run("forget", *JOB, "300")
    assert "Not looked at: the folder of task swap" in capsys.readouterr().out
