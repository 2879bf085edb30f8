"""``airflow faceswap forget``: lists first, deletes with ``--yes``, and leaves a tombstone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.store import CALLBACK_KEY
from airflow_provider_faceswap.pages.database import Task
from airflow_provider_faceswap.storage import spool
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.places import LocalPlace
from airflow_provider_faceswap.storage.provenance import Owner
from tests.cli.scene import Scene, entry, run
from tests.cli.swap import MEDIA, NAMED, NONCE, Swap, files
from tests.pages.scene import JPEG


def test_it_lists_first_and_deletes_nothing(swap: Swap, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(swap.scene)
    run("forget", *NAMED)
    said = capsys.readouterr().out
    assert "modelslab-278.jpg.provenance.json" in said
    assert "Nothing was deleted. Give --yes" in said
    assert "the vendor's own copy" in said
    assert (files(swap.scene), swap.kept) == (before, swap.entry)


def test_the_list_can_be_read_by_a_script(swap: Swap, capsys: pytest.CaptureFixture[str]) -> None:
    run("forget", *NAMED, "--output", "json")
    found = json.loads(capsys.readouterr().out)
    assert [each["what"] for each in found] == [
        "stored file",
        "provenance record",
        "record for reuse_stored",
        "journal: result and media",
    ]


@pytest.mark.parametrize("named", [NAMED, ("--provider", "modelslab", "--job-id", "278")])
def test_with_yes_everything_goes_and_a_tombstone_stays(
    scene: Scene, swap: Swap, named: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    other = Swap(scene, "279", run_id="run2")
    run("forget", *named, "--yes")
    assert files(scene) == ["id279.json", "modelslab-279.jpg", "modelslab-279.jpg.provenance.json"]
    assert swap.kept.erased > 0
    assert (swap.kept.job_id, swap.kept.result, swap.kept.made_from) == ("278", None, {})
    assert "example.com" not in json.dumps(scene.kept(swap.task))
    assert other.kept == other.entry
    assert f"Deleted: stored file {swap.file.url}" in capsys.readouterr().out.replace("\n", "")


def test_what_waits_elsewhere_goes_too(
    scene: Scene, swap: Swap, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", f"file://{tmp_path}/inbox")
    monkeypatch.setenv("AIRFLOW__FACESWAP__SPOOL", f"file://{tmp_path}/spool")
    inbox = Inbox(f"file://{tmp_path}/inbox")
    for nonce in (NONCE, "b" * 22):
        inbox.put("modelslab", nonce, b"{}")
    kept = spool.write(JPEG)
    scene.keeps(swap.task, swap.entry.moved_to(State.FINISHED, nonce=NONCE, spooled_at=kept))
    run("forget", *NAMED, "--yes")
    assert set(inbox.arrived("modelslab")) == {"b" * 22}
    assert list((tmp_path / "spool").iterdir()) == []


def test_the_nonce_that_lies_beside_the_entry_counts(
    scene: Scene, swap: Swap, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", f"file://{tmp_path}/inbox")
    inbox = Inbox(f"file://{tmp_path}/inbox")
    inbox.put("modelslab", NONCE, b"{}")
    scene.keeps(swap.task, NONCE, CALLBACK_KEY)
    run("forget", *NAMED, "--yes")
    assert inbox.arrived("modelslab") == {}


def test_all_of_a_consent_goes(scene: Scene) -> None:
    one, two = Swap(scene, "1", consent="release-7"), Swap(scene, "2", run_id="run2", consent="release-7")
    other = Swap(scene, "3", run_id="run3", consent="release-8")
    run("forget", "--consent-reference", "release-7", "--yes")
    assert [bool(each.kept.erased) for each in (one, two, other)] == [True, True, False]
    assert [each.path.exists() for each in (one, two, other)] == [False, False, True]


def test_a_folder_of_runs_that_airflow_has_no_longer_is_looked_through(scene: Scene, swap: Swap) -> None:
    outputs = OutputStore(scene.folder, "any", "swap", consent_reference="release-7")
    old = outputs.save_content(JPEG, Owner("segmind", "9", "", inputs=MEDIA))
    run("forget", "--consent-reference", "release-7", "--output-path", scene.folder, "--yes")
    assert not Path(old.url.removeprefix("file://")).exists()
    assert swap.path.exists()


@pytest.mark.parametrize(
    ("state", "known", "said"),
    [
        ("failed", entry(), "is in doubt: settle it first"),
        ("running", entry(State.FINISHED, job_id="278"), "is running: wait until it has ended"),
        ("deferred", entry(State.RUNNING, job_id="278"), "is deferred: wait"),
        ("failed", entry(State.RUNNING, job_id="278"), "job 278 runs: clear the task"),
        ("success", entry(State.RUNNING, job_id="278", deadline=9e10), "job 278 runs: clear the task"),
    ],
)
def test_what_is_not_settled_is_refused(scene: Scene, state: str, known: Entry, said: str) -> None:
    task = scene.keeps(scene.run(state=state), known)
    with pytest.raises(SystemExit, match=f"(?s)Nothing was deleted.*{said}"):
        run("forget", *NAMED, "--yes")
    assert scene.kept(task) == known.as_dict()


def test_a_job_that_another_task_collects_can_be_forgotten_after_its_deadline(scene: Scene) -> None:
    task = scene.keeps(scene.run(state="success"), entry(State.RUNNING, job_id="278", deadline=5.0))
    run("forget", *NAMED, "--yes")
    assert scene.kept(task)["erased"] > 0


def test_a_file_without_a_record_of_this_job_and_dag_is_left_alone(
    scene: Scene, swap: Swap, capsys: pytest.CaptureFixture[str]
) -> None:
    """Anybody who may edit the task's state can name any file there."""
    other = Swap(scene, "279", run_id="run2")
    result: dict[str, Any] = {
        **(swap.entry.result or {}),
        "files": [other.file.as_dict()],
        "stored": [other.file.url],
    }
    scene.keeps(swap.task, swap.entry.moved_to(State.FINISHED, result=result))
    record = Path(f"{swap.path}.provenance.json")
    record.write_text(json.dumps({**json.loads(record.read_text()), "dag_id": "another"}))
    run("forget", *NAMED, "--yes")
    assert other.path.exists()
    assert swap.path.exists()
    said = capsys.readouterr().out.replace("\n", "")
    assert f"Left: {other.file.url}: no such file with a provenance record" in said


def test_if_something_cannot_be_deleted_the_journal_stays(
    scene: Scene, swap: Swap, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(place: LocalPlace, name: str) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(LocalPlace, "remove", refuse)
    with pytest.raises(
        SystemExit, match=r"(?s)could not be deleted: PermissionError: read-only.*run the same"
    ):
        run("forget", *NAMED, "--yes")
    assert swap.kept == swap.entry


def test_a_second_time_nothing_is_left(scene: Scene, swap: Swap, capsys: pytest.CaptureFixture[str]) -> None:
    run("forget", *NAMED, "--yes")
    erased = swap.kept
    capsys.readouterr()
    run("forget", *NAMED, "--yes")
    assert "Nothing is kept of what you named." in capsys.readouterr().out
    assert swap.kept == erased


def test_an_id_that_two_hosts_gave_is_not_forgotten_at_both(scene: Scene, swap: Swap) -> None:
    other = scene.run(run_id="run2", state="success")
    scene.keeps(other, swap.entry.moved_to(State.FINISHED, base_url="https://gateway.example"))
    with pytest.raises(
        SystemExit, match=r"(?s)Job 278 was bought at several hosts.*run run2: https://gateway"
    ):
        run("forget", "--provider", "modelslab", "--job-id", "278", "--yes")
    assert swap.kept == swap.entry
    run("forget", "--provider", "modelslab", "--job-id", "278", "--run-id", "run1", "--yes")
    assert swap.kept.erased > 0


def test_a_folder_of_the_run_that_cannot_be_read_is_named_and_does_not_stop_it(
    scene: Scene, swap: Swap, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.renders(Task("swaps", "run1", "export"), output_path="s3://nowhere@bucket/exports")
    run("forget", *NAMED, "--yes")
    assert "Left: s3://nowhere@bucket/exports cannot be read" in capsys.readouterr().out
    assert (swap.kept.erased > 0, swap.path.exists()) == (True, False)


def test_if_its_own_folder_cannot_be_read_the_journal_stays(scene: Scene, swap: Swap) -> None:
    file = {**swap.file.as_dict(), "url": "s3://nowhere@bucket/x.jpg"}
    result = {**(swap.entry.result or {}), "files": [file], "stored": [file["url"]]}
    scene.keeps(swap.task, swap.entry.moved_to(State.FINISHED, result=result))
    with pytest.raises(
        SystemExit, match=r"s3://nowhere@bucket cannot be read: .*'nowhere', which is not def"
    ):
        run("forget", *NAMED, "--yes")
    assert swap.kept.erased == 0


def test_one_job_that_a_clear_has_left_is_forgotten_alone(scene: Scene, swap: Swap) -> None:
    left = swap.entry.left_behind().left
    later = Swap(scene, "280", run_id="run2")
    scene.keeps(later.task, later.entry.moved_to(State.FINISHED, left=left))
    run("forget", "--provider", "modelslab", "--job-id", "278", "--yes")
    assert (later.kept.erased, later.kept.result is not None) == (0.0, True)
    assert [job.erased > 0 for job in later.kept.left] == [True]
    assert later.path.exists()
    assert not swap.path.exists()


def test_a_job_that_was_left_is_not_forgotten_twice(
    scene: Scene, swap: Swap, capsys: pytest.CaptureFixture[str]
) -> None:
    left = swap.entry.left_behind().left
    scene.keeps(swap.task, swap.entry.moved_to(State.FINISHED, job_id="280", result=None, left=left))
    named = ("forget", "--provider", "modelslab", "--job-id", "278", "--yes")
    run(*named)
    once = swap.kept
    run(*named)
    assert "Nothing is kept of what you named." in capsys.readouterr().out
    assert swap.kept == once


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say what is to be forgotten"),
        (("--dag-id", "swaps"), "Say what is to be forgotten"),
        (("--job-id", "278"), "two vendors may give the same id"),
        (("--provider", "modelslab", "--job-id", "1", "--consent-reference", "x"), "not both"),
        ((*NAMED[:-1], "no"), "There is no such task instance"),
    ],
)
def test_what_is_not_named_is_said(scene: Scene, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        run("forget", *words)
