from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from airflow_provider_faceswap.batch.manifest import Ledger
from airflow_provider_faceswap.pages import rows as module
from airflow_provider_faceswap.pages.database import OutputPath, Task
from airflow_provider_faceswap.pages.errors import NotShownError
from tests.buckets import S3
from tests.pages.manifests import ledger, line, merge
from tests.pages.scene import JPEG, TASK, Scene

URL = "/dags/ours/rows"
NAMES = {"run_id": "run", "task_id": "swap"}


@pytest.fixture(params=["file", "s3"])
def folder(request: pytest.FixtureRequest, scene: Scene, tmp_path: Path) -> str:
    """The folder of a batch that has started, on each of the two."""
    if request.param == "file":
        found = scene.folder
    else:
        s3: S3 = request.getfixturevalue("s3")
        found = f"{s3.url}/{tmp_path.name}"
    scene.returns({"manifest": "s3://edited/by/somebody"}, output_path=found)
    return found


def get(http: TestClient, **params: Any) -> dict[str, Any]:
    reply = http.get(URL, params={**NAMES, **params})
    assert reply.status_code == 200, reply.text
    assert reply.headers["cache-control"] == "private, no-cache"
    found: dict[str, Any] = reply.json()
    return found


def reason_of(http: TestClient, **params: Any) -> str:
    reply = http.get(URL, params={**NAMES, **params})
    return f"{reply.status_code} {reply.json()['reason']}"


def test_a_batch_that_has_just_started_has_no_rows(folder: str, http: TestClient) -> None:
    assert get(http) == {"total": 0, "matching": 0, "counts": {}, "rows": []}


def test_a_row_is_shown_without_the_vendors_links(folder: str, http: TestClient) -> None:
    merge(folder, line(0, error="The face is turned away.", status="failed"))
    (row,) = get(http)["rows"]
    assert row.pop("time")
    assert row == {
        "index": 0, "key": "key0", "status": "failed", "job_id": "job0", "provider": "modelslab",
        "operation": "swap", "stored": [], "inputs": {"init_image": "https://example.com/face.jpg"},
        "bytes": 10, "cost": {"amount": 1, "unit": "credits"}, "seconds": None,
        "error": "The face is turned away.",
        "consent_reference": None, "submitted_at": None,
    }  # fmt: skip


def test_rows_come_page_by_page_and_by_status(folder: str, http: TestClient) -> None:
    merge(folder, *(line(number, "failed" if number % 3 == 0 else "success") for number in range(10)))
    found = get(http, status="failed", offset=1, limit=2)
    assert [row["index"] for row in found.pop("rows")] == [3, 6]
    assert found == {"total": 10, "matching": 4, "counts": {"failed": 4, "success": 6}}
    assert [row["index"] for row in get(http, limit=3)["rows"]] == [0, 1, 2]
    assert get(http, offset=1000)["rows"] == []
    assert get(http, status="made up")["matching"] == 0


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 501}, {"offset": -1}, {"map_index": "x"}])
def test_a_page_has_its_limits(folder: str, http: TestClient, params: dict[str, Any]) -> None:
    assert http.get(URL, params={**NAMES, **params}).status_code == 422


def test_while_it_runs_the_newest_state_of_a_row_is_shown(folder: str, http: TestClient) -> None:
    book = ledger(folder)
    part = book.add([line(0, "in_doubt"), line(1, "in_doubt")])
    assert get(http)["counts"] == {"in_doubt": 2}
    book.add([line(0, "unfinished"), line(1, "in_doubt")], part)
    assert get(http)["counts"] == {"unfinished": 1, "in_doubt": 1}
    book.add([line(0, "success")])
    assert get(http)["counts"] == {"success": 1, "in_doubt": 1}
    merge(folder, line(0), line(1, "failed", at=2.0))
    assert get(http)["counts"] == {"success": 1, "failed": 1}


def test_a_manifest_that_has_not_changed_is_not_read_again(
    folder: str, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge(folder, line(0))
    before = get(http)
    monkeypatch.setattr(module, "Ledger", None)
    assert get(http) == before


def test_rows_that_the_list_has_no_more_are_left_out(folder: str, http: TestClient) -> None:
    merge(folder, line(0), line(1))
    merge(folder, line(1, at=2.0))
    assert [row["index"] for row in get(http)["rows"]] == [1]


def test_a_medium_of_a_row_is_shown(scene: Scene, http: TestClient) -> None:
    face = scene.file("in/face.jpg", JPEG + b"face")
    ours = scene.store(inputs={"face": face})
    theirs = scene.store(task=Task("theirs", "run", "swap"))
    merge(scene.folder, line(0), line(1, stored=[ours]), line(2, stored=[theirs]))
    scene.returns({"total": 3})

    def media(**params: Any) -> Any:
        return http.get("/dags/ours/media", params={**NAMES, **params})

    assert media(row=1, stored=0).content == JPEG
    assert media(row=1, input="face").content == JPEG + b"face"
    assert media(row=2, stored=0).json()["reason"] == "not_ours"
    for params in ({"row": 0, "stored": 0}, {"row": 3, "stored": 0}, {"row": 1, "stored": 1}, {"stored": 0}):
        assert media(**params).json()["reason"] == "not_found"


# Attacks


def test_the_folder_of_another_batch(folder: str, scene: Scene, http: TestClient) -> None:
    """The folder counts that Airflow says the task has, not the one of an XCom that people can edit."""
    other = f"{folder}-other"
    merge(other, line(0))
    scene.returns({"manifest": f"{other}/manifest.jsonl"}, task=Task("ours", "old", "swap"), output_path=None)
    assert reason_of(http, run_id="old") == "404 not_found"


def test_of_an_old_run_only_a_folder_in_which_the_task_bought_something(folder: str, scene: Scene) -> None:
    written, result = OutputPath(folder[:-3], whole=False), {"manifest": f"{folder}/manifest.jsonl"}
    where = module.folder_of(TASK, result, written)
    for buyer in (
        Task("theirs", "run", "swap"),
        Task("ours", "run", "swap", 0),
        Task("ours", "run2", "swap"),
    ):
        merge(folder, line(0, task=buyer))
        with pytest.raises(NotShownError, match="Nothing is known"):
            module.Rows().page(where, "", 0, 1)
    merge(folder, line(0, task=Task("theirs", "run", "swap")), line(1))
    assert module.Rows().page(where, "", 0, 1)["total"] == 2


def test_of_an_old_run_no_folder_that_the_dag_does_not_name(scene: Scene) -> None:
    for output_path in (OutputPath(), OutputPath("s3://conn@bucket/a/", whole=False)):
        with pytest.raises(NotShownError, match="Nothing is known"):
            module.folder_of(TASK, {"manifest": "s3://conn@bucket/b/manifest.jsonl"}, output_path)


def test_a_folder_outside_local_roots(scene: Scene, http: TestClient, tmp_path: Path) -> None:
    outside = f"file://{tmp_path}/outside"
    merge(outside, line(0))
    scene.returns({}, output_path=outside)
    assert reason_of(http) == "404 not_allowed"


@pytest.mark.parametrize("name", ["_faceswap", "_faceswap/parts", ""])
def test_a_folder_that_is_a_link(scene: Scene, http: TestClient, name: str) -> None:
    ledger(scene.folder).add([line(0)])
    scene.returns({})
    path = scene.path(scene.folder) / name
    path.rename(scene.root / "moved")
    path.symlink_to(scene.root / "moved")
    assert reason_of(http) == "404 not_allowed"


def test_a_manifest_that_is_a_link_is_not_read(scene: Scene, http: TestClient) -> None:
    merge(scene.folder, line(0))
    scene.returns({})
    manifest = scene.path(scene.folder) / "manifest.jsonl"
    manifest.rename(scene.root / "moved")
    manifest.symlink_to(scene.root / "moved")
    assert get(http)["total"] == 0


@pytest.mark.parametrize(
    "content", [b"{", b"{}", b"[]", b"null", b"[" * 100_000, b"\xff\xfe", b'{"key": 1e999}']
)
def test_a_manifest_that_says_nothing(scene: Scene, http: TestClient, content: bytes) -> None:
    merge(scene.folder, line(0))
    scene.returns({})
    (scene.path(scene.folder) / "manifest.jsonl").write_bytes(content)
    assert reason_of(http) == "502 store_failed"


def test_a_number_that_json_has_not(scene: Scene, http: TestClient) -> None:
    scene.returns({})
    merge(scene.folder, line(0, seconds=float("nan")))
    assert reason_of(http) == "502 store_failed"


def test_a_manifest_that_is_too_large_is_not_read(
    scene: Scene, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.returns({})
    merge(scene.folder, line(0))
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    monkeypatch.setattr(module, "Ledger", None)
    assert reason_of(http) == "502 store_failed"


def test_a_manifest_is_read_once_for_all_who_ask(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    merge(scene.folder, line(0))
    reads: list[str] = []

    class Counted(Ledger):
        def load(self) -> None:
            reads.append(self.folder)
            super().load()

    monkeypatch.setattr(module, "Ledger", Counted)
    rows, where = module.Rows(), module.BatchFolder(scene.folder, "")
    threads = [threading.Thread(target=rows.page, args=(where, "", 0, 1)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reads == [scene.folder]
