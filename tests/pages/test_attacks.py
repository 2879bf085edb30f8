"""Somebody who may see one Dag, edit its XComs and write somewhere on the disk asks for more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from airflow_provider_faceswap.pages.database import Task
from airflow_provider_faceswap.storage.provenance import SUFFIX
from tests.pages.scene import JPEG, Scene
from tests.pages.test_media_route import FIRST, NAMES, reason_of

THEIRS = Task("theirs", "run", "swap")


def test_the_result_of_another_dag_through_an_edited_xcom(scene: Scene, http: TestClient) -> None:
    scene.shows(scene.store(task=THEIRS))
    assert reason_of(http, **FIRST) == "404 not_ours"


def test_a_result_of_another_folder_through_an_edited_xcom(scene: Scene, http: TestClient) -> None:
    """However well its record is forged: the folder is the one that the task rendered."""
    scene.shows(scene.store(folder=f"file://{scene.root}/uploads"))
    assert reason_of(http, **FIRST) == "404 not_ours"


def test_another_folder_where_airflow_does_not_say_which_one_it_was(scene: Scene, http: TestClient) -> None:
    scene.shows(scene.store(), output_path=None)
    assert reason_of(http, **FIRST) == "404 not_ours"


@pytest.mark.parametrize(
    "name",
    [
        "../uploads/secret.jpg", "%2e%2e/uploads/secret.jpg", "a/../../uploads/secret.jpg", "/etc/passwd",
        "secret.jpg\0", "secret.jpg?x", "secret.jpg#x", ".", "..", "",
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere(scene: Scene, http: TestClient, name: str) -> None:
    scene.store()  # makes the folder
    scene.file("uploads/secret.jpg")
    scene.shows(f"{scene.folder}/{name}")
    assert reason_of(http, **FIRST).split()[1] in ("not_found", "not_ours", "gone")


@pytest.mark.parametrize("field", ["stored", "input"])
def test_a_file_outside_local_roots(scene: Scene, http: TestClient, tmp_path: Path, field: str) -> None:
    outside = f"file://{tmp_path}/outside"
    secret = scene.store(folder=outside)
    if field == "stored":
        scene.shows(secret, output_path=outside)
        assert reason_of(http, **FIRST) == "404 not_allowed"
    else:
        scene.shows(scene.store(inputs={"init_image": secret}))
        assert reason_of(http, input="init_image") == "404 not_allowed"


def test_no_file_is_shown_without_local_roots(
    scene: Scene, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.shows(scene.store())
    for roots in ("", "/"):
        monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", roots)
        assert reason_of(http, **FIRST) == "404 not_allowed"


def test_the_metadata_database(scene: Scene, http: TestClient) -> None:
    database = Path(os.environ["AIRFLOW_HOME"], "airflow.db")
    copy = scene.file("airflow.db", database.read_bytes()[:4096])
    scene.shows(scene.store(inputs={"roots": f"file://{database}", "magic": copy}))
    assert reason_of(http, input="roots") == "404 not_allowed"
    assert reason_of(http, input="magic") == "404 no_medium"


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>" + b" " * 600,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"",
        b"/9j/4AAQSkZJRgABAQ" * 90,  # the base64 text of a JPEG: a record is not one, and a script could be
    ],
)
def test_something_else_by_the_name_of_a_picture(scene: Scene, http: TestClient, content: bytes) -> None:
    url = scene.store(inputs={"init_image": scene.file("in/face.jpg", content)})
    scene.path(url).write_bytes(content)
    scene.forge(url, bytes=len(content))
    scene.shows(url)
    assert reason_of(http, **FIRST) == "404 no_medium"
    assert reason_of(http, input="init_image") == "404 no_medium"


def _link_to_file(scene: Scene, path: Path) -> None:
    path.symlink_to(scene.path(scene.file("other/secret.jpg")))


def _link_out_of_the_root(scene: Scene, path: Path) -> None:
    (scene.root.parent / "secret.jpg").write_bytes(JPEG)
    path.symlink_to(scene.root.parent / "secret.jpg")


def _fifo(scene: Scene, path: Path) -> None:
    os.mkfifo(path)


def _folder(scene: Scene, path: Path) -> None:
    path.mkdir()


def _nothing(scene: Scene, path: Path) -> None:
    pass


@pytest.mark.parametrize("put", [_link_to_file, _link_out_of_the_root, _fifo, _folder, _nothing])
def test_no_regular_file(scene: Scene, http: TestClient, put: Any) -> None:
    face = scene.file("in/face.jpg")
    url = scene.store(inputs={"init_image": face})
    scene.shows(url)
    for path, params in ((scene.path(url), FIRST), (scene.path(face), {"input": "init_image"})):
        path.unlink()
        put(scene, path)
        assert reason_of(http, **params) == "404 gone"


def test_a_record_that_is_a_link(scene: Scene, http: TestClient) -> None:
    url = scene.store()
    scene.shows(url)
    forged = scene.record(url).rename(scene.root / "forged.json")
    scene.record(url).symlink_to(forged)
    assert reason_of(http, **FIRST) == "404 not_ours"


def test_a_folder_that_is_a_link(scene: Scene, http: TestClient) -> None:
    """The folder of another Dag, with records that somebody could once write there."""
    url = scene.store(inputs={"init_image": scene.file("in/face.jpg")})
    scene.shows(url)
    for name, params in (("in", {"input": "init_image"}), ("swaps", FIRST)):
        (scene.root / name).rename(scene.root / f"{name}-moved")
        (scene.root / name).symlink_to(scene.root / f"{name}-moved")
        assert reason_of(http, **params) == "404 not_allowed"


def test_a_root_may_be_a_link(scene: Scene, http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    link = scene.root.parent / "link"
    link.symlink_to(scene.root)
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(link))
    scene.shows(scene.store(inputs={"init_image": f"file://{link}/in/face.jpg"}))
    scene.file("in/face.jpg")
    assert http.get("/dags/ours/media", params=FIRST).content == JPEG
    assert http.get("/dags/ours/media", params={**NAMES, "input": "init_image"}).content == JPEG


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_record_that_another_user_wrote(scene: Scene, http: TestClient) -> None:
    url = scene.store()
    scene.shows(url)
    os.chown(scene.record(url), 12345, -1)
    assert reason_of(http, **FIRST) == "404 not_ours"


@pytest.mark.parametrize("content", ["", "[]", "null", "[" * 100_000, '{"dag_id": "ours"}', "\xff"])
def test_a_record_that_says_nothing(scene: Scene, http: TestClient, content: str) -> None:
    url = scene.store()
    scene.shows(url)
    scene.record(url).write_bytes(content.encode("latin-1"))
    assert reason_of(http, **FIRST) == "404 not_ours"


def test_a_record_is_not_shown_itself(scene: Scene, http: TestClient) -> None:
    scene.shows(scene.store() + SUFFIX)
    assert reason_of(http, **FIRST) == "404 not_ours"


def test_another_file_under_the_name(scene: Scene, http: TestClient) -> None:
    url = scene.store()
    scene.shows(url)
    scene.path(url).write_bytes(JPEG + b"more")
    assert reason_of(http, **FIRST) == "404 gone"


@pytest.mark.parametrize(
    "inputs",
    [
        None, [], "x", {"init_image": {"a": {"b": 1}}}, {"init_image": 1}, {"init_image": "file:x.jpg"},
        {"init_image": "file:///\ud800.jpg"}, {"init_image": "file:///a\0.jpg"}, {"init_image": "s3://b/../a.jpg"},
        {"init_image": "file://relative/a.jpg"}, {"init_image": [[["x"]]]},
    ],
)  # fmt: skip
def test_inputs_that_say_nothing(scene: Scene, http: TestClient, inputs: Any) -> None:
    url = scene.store()
    scene.forge(url, inputs=inputs)
    scene.shows(url)
    assert reason_of(http, input="init_image") == "404 not_found"
