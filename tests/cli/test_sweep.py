"""``airflow faceswap sweep``: deletes by age, and nothing that a job needs."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.store import CALLBACK_KEY
from airflow_provider_faceswap.storage import spool
from tests.cli.batches import Batch
from tests.cli.scene import Scene, entry, run
from tests.pages.scene import JPEG

DAY = 86400
NEEDED, LEFT = "n" * 22, "l" * 22


@pytest.fixture
def inbox(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """An inbox with two callbacks of 40 days, and the claims of their jobs."""
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", f"file://{tmp_path}/inbox")
    monkeypatch.setenv("AIRFLOW__FACESWAP__SPOOL", f"file://{tmp_path}/spool")
    found = Inbox(f"file://{tmp_path}/inbox")
    for nonce, job_id in ((NEEDED, "278"), (LEFT, "279")):
        found.put("aifaceswap", nonce, b"{}")
        found.claim("aifaceswap", job_id, nonce)
    age(tmp_path / "inbox", 40)
    return found


def age(folder: Path, days: float) -> None:
    """Let all files of a folder be some days old."""
    then = time.time() - days * DAY
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def names(folder: Path) -> list[str]:
    return sorted(path.name.partition(".")[0] for path in folder.rglob("*") if path.is_file())


def test_nothing_is_deleted_before_yes(
    inbox: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("sweep")
    assert "Nothing was deleted. Give --yes" in capsys.readouterr().out
    assert len(names(tmp_path / "inbox")) == 6
    run("sweep", "--output", "json")
    assert len(json.loads(capsys.readouterr().out)) == 6


@pytest.mark.parametrize(
    "known",
    [
        entry(State.RUNNING, job_id="278", nonce=NEEDED),
        entry(State.IN_DOUBT, nonce=NEEDED),
        entry(State.INTENT, nonce=NEEDED),
        entry(State.FINISHED, job_id="278", nonce=NEEDED),
        Entry(state=State.REFUSED, left=entry(State.RUNNING, job_id="278", nonce=NEEDED).left_behind().left),
    ],
    ids=["running", "in doubt", "intent", "finished and not stored", "left"],
)
def test_what_a_job_needs_stays_however_old_it_is(
    scene: Scene, inbox: Inbox, tmp_path: Path, known: Entry
) -> None:
    scene.keeps(scene.run(), known)
    run("sweep", "--older-than", "1d", "--yes")
    kept = names(tmp_path / "inbox")
    assert kept.count(NEEDED) >= 1
    assert LEFT not in kept
    assert "279" not in kept


def test_an_adopted_job_needs_the_callback_whose_nonce_lies_beside(
    scene: Scene, inbox: Inbox, tmp_path: Path
) -> None:
    task = scene.keeps(scene.run(), "278")
    scene.keeps(task, NEEDED, CALLBACK_KEY)
    run("sweep", "--yes")
    assert names(tmp_path / "inbox") == ["278", NEEDED, NEEDED]


def test_what_is_young_stays(inbox: Inbox, tmp_path: Path) -> None:
    run("sweep", "--older-than", "41d", "--yes")
    assert len(names(tmp_path / "inbox")) == 6
    run("sweep", "--older-than", "5w", "--yes")
    assert names(tmp_path / "inbox") == []


def test_files_of_others_stay(inbox: Inbox, tmp_path: Path) -> None:
    for path in ("notes.txt", "aifaceswap/notes.txt"):
        (tmp_path / "inbox" / path).write_text("x")
    age(tmp_path / "inbox", 40)
    run("sweep", "--yes")
    assert names(tmp_path / "inbox") == ["notes", "notes"]


def test_where_a_journal_cannot_be_understood_nothing_of_the_inbox_is_deleted(
    scene: Scene, inbox: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.keeps(scene.run(), {"state": "running", "job_id": "../x"})
    run("sweep", "--yes")
    assert len(names(tmp_path / "inbox")) == 6
    assert "Not looked at: inbox and spool, as the journal of task swap" in capsys.readouterr().out


def test_a_picture_in_the_spool_stays_while_a_task_may_store_it(
    scene: Scene, inbox: Inbox, tmp_path: Path
) -> None:
    needed, left = spool.write(JPEG), spool.write(JPEG)
    scene.keeps(scene.run(), entry(State.RUNNING, spooled_at=needed))
    age(tmp_path / "spool", 40)
    run("sweep", "--yes")
    assert [f"file://{path}" for path in (tmp_path / "spool").iterdir()] == [needed]
    assert needed != left


@pytest.mark.parametrize(
    ("statuses", "state", "stays"),
    [
        ((Status.SUCCESS, Status.FAILED), "failed", False),
        ((Status.SUCCESS, Status.FAILED), "up_for_retry", True),
        ((Status.SUCCESS, Status.IN_DOUBT), "failed", True),
        ((Status.SUCCESS, Status.UNFINISHED), "failed", True),
    ],
)
def test_the_lists_of_a_batch_go_when_it_has_ended(
    scene: Scene, tmp_path: Path, statuses: tuple[Status, ...], state: str, stays: bool
) -> None:
    batch = Batch(scene, *statuses, state=state)
    run("sweep", "--yes")
    assert sorted(batch.own.names("")) == ["items-0.jsonl", "jobs.jsonl"], "they are young"
    age(tmp_path / "swaps/_faceswap", 40)
    run("sweep", "--yes")
    assert bool(batch.own.names("")) is stays
    assert batch.lines()[0]["stored"], "results and manifests are never swept"


def test_the_lists_of_a_batch_that_airflow_has_no_longer_go_if_nothing_of_it_is_open(
    scene: Scene, tmp_path: Path
) -> None:
    from airflow_provider_faceswap.cli.state_store import TaskStore

    open_ = Batch(scene, Status.UNFINISHED, folder=f"file://{tmp_path}/swaps/a")
    done = Batch(scene, Status.SUCCESS, run_id="run2", folder=f"file://{tmp_path}/swaps/b")
    for batch in (open_, done):
        TaskStore(scene.session, batch.task).delete("faceswap")
    scene.session.commit()
    for name, batch in (("a", open_), ("b", done)):
        lists = tmp_path / "swaps" / name / "_faceswap/batches" / batch.digest
        lists.mkdir(parents=True)
        (lists / "items-0.jsonl").write_text("{}")
    age(tmp_path / "swaps", 40)
    run("sweep", "--output-path", f"{scene.folder}/a", "--output-path", f"{scene.folder}/b", "--yes")
    assert len(list((tmp_path / "swaps/a").rglob("items-0.jsonl"))) == 1
    assert len(list((tmp_path / "swaps/b").rglob("items-0.jsonl"))) == 0


@pytest.mark.parametrize("text", ["30", "0d", "-1d", "1y", "d", ""])
def test_an_age_that_is_none_is_refused(scene: Scene, text: str) -> None:
    with pytest.raises(SystemExit, match="--older-than takes a number above 0 and a unit"):
        run("sweep", f"--older-than={text}")
