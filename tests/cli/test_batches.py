"""Batches on the command line: counted, their doubts settled row by row, their rows forgotten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.journal.wishes import Wish
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
    from airflow_provider_faceswap.storage.places import LocalPlace

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
    from airflow_provider_faceswap.cli.state_store import TaskStore

    TaskStore(scene.session, batch.task).delete("faceswap")
    scene.session.commit()
    file = Path(batch.lines()[0]["stored"][0].removeprefix("file://"))
    run("forget", "--provider", "modelslab", "--job-id", "300", "--output-path", batch.folder, "--yes")
    assert not file.exists()
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
    from airflow_provider_faceswap.cli.state_store import TaskStore

    TaskStore(scene.session, batch.task).delete("faceswap")
    scene.session.commit()
    named = ("--provider", "modelslab", "--job-id", "304", "--output-path", batch.folder)
    with pytest.raises(SystemExit, match="row 4 is unfinished: settle it first"):
        run("forget", *named, "--yes")
    assert batch.lines()[4]["status"] == "unfinished"
