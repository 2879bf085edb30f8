"""An erasure that is hindered says so, and can be finished by the same command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airflow_provider_faceswap.batch.manifest import Ledger
from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.cli.state_store import TaskStore
from airflow_provider_faceswap.storage.places import LocalPlace
from tests.cli.batches import Batch
from tests.cli.scene import Scene, run
from tests.cli.swap import NAMED, Swap, files
from tests.pages.scene import JPEG

SUCCESS, FAILED, DOUBT, UNFINISHED = Status.SUCCESS, Status.FAILED, Status.IN_DOUBT, Status.UNFINISHED


@pytest.fixture
def batch(scene: Scene) -> Batch:
    return Batch(scene, SUCCESS, DOUBT, FAILED, DOUBT, UNFINISHED)


def test_a_file_that_cannot_be_deleted_keeps_its_record(
    scene: Scene, swap: Swap, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LocalPlace.remove

    def refuse(place: LocalPlace, name: str) -> None:
        if name.endswith(".jpg"):
            raise PermissionError("read-only")
        real(place, name)

    TaskStore(scene.session, swap.task).delete("faceswap")
    scene.session.commit()
    named = ("--provider", "modelslab", "--job-id", "278", "--output-path", scene.folder, "--yes")
    with monkeypatch.context() as patch, pytest.raises(SystemExit, match="its file is still there"):
        patch.setattr(LocalPlace, "remove", refuse)
        run("forget", *named)
    run("forget", *named)
    assert files(scene) == []


def test_a_record_that_may_not_be_read_is_not_taken_for_none(
    scene: Scene, swap: Swap, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LocalPlace.read

    def denied(place: LocalPlace, name: str, most: int) -> bytes:
        if name.endswith(".provenance.json"):
            raise PermissionError("no kms:Decrypt")
        return real(place, name, most)

    monkeypatch.setattr(LocalPlace, "read", denied)
    with pytest.raises(SystemExit, match=r"cannot be read: PermissionError: no kms:Decrypt"):
        run("forget", *NAMED, "--yes")
    assert swap.kept == swap.entry


def test_what_killed_workers_left_in_the_folder_goes_too(
    scene: Scene, swap: Swap, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch = swap.path.parent / ".faceswap-x.part"
    scratch.mkdir()
    (scratch / "result").write_bytes(JPEG)
    for path in (scratch / "result", scratch):
        os.utime(path, (1, 1))
    run("forget", *NAMED, "--yes")
    assert not scratch.exists()
    assert f"left by a killed worker {scene.folder}/.faceswap-x.part" in capsys.readouterr().out.replace(
        "\n", ""
    )


def test_a_row_that_was_never_sent_is_forgotten_with_the_others(scene: Scene, batch: Batch) -> None:
    ledger = Ledger(batch.folder)
    ledger.load()
    (left,) = (line for line in ledger.lines.values() if line["index"] == 4)
    ledger.lines[left["key"]] = {**left, "status": "not_sent", "consent_reference": "release-0"}
    ledger.merge(ledger.lines)
    TaskStore(scene.session, batch.task).delete("faceswap")
    scene.session.commit()
    run("forget", "--consent-reference", "release-0", "--output-path", batch.folder, "--yes")
    assert [batch.lines()[index]["item"] for index in (0, 4)] == [{}, {}]


def test_a_part_that_cannot_be_deleted_keeps_the_request_open(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(batch.folder)
    ledger.load()
    ledger.add([line for line in ledger.lines.values() if line["index"] == 0])
    real = LocalPlace.remove

    def refuse(place: LocalPlace, name: str) -> None:
        if place.url.endswith("/parts"):
            raise PermissionError("read-only")
        real(place, name)

    with (
        monkeypatch.context() as patch,
        pytest.raises(SystemExit, match=r"parts/.* could not be deleted: delete it"),
    ):
        patch.setattr(LocalPlace, "remove", refuse)
        run("forget", *NAMED, "--row", "0", "--yes")
    run("forget", *NAMED, "--row", "0", "--yes")
    root = Path(batch.folder.removeprefix("file://"))
    assert "clip-0" not in "".join(path.read_text() for path in root.rglob("*.json*"))


def test_a_folder_that_is_not_on_this_machine_is_not_taken_for_empty(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(batch.folder.removeprefix("file://"))
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(SystemExit, match="is not on this machine"):
        run("forget", "--consent-reference", "release-0", "--yes")
