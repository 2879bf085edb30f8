from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from airflow_provider_faceswap.pages.database import Task
from tests.buckets import S3
from tests.pages.scene import JPEG, MP4, TASK, Scene

URL = "/dags/ours/media"
NAMES = {"run_id": "run", "task_id": "swap"}
FIRST = {**NAMES, "stored": 0}


@pytest.fixture
def shown(scene: Scene) -> str:
    """The URL of a result that is shown."""
    url = scene.store(
        inputs={"init_image": scene.file("in/face.jpg"), "init_video": scene.file("in/a.mp4", MP4)}
    )
    scene.shows(url)
    return url


def reason_of(http: TestClient, **params: Any) -> str:
    reply = http.get(URL, params={**NAMES, **params})
    assert reply.json().keys() == {"detail", "reason"}, reply.text
    assert reply.headers["cache-control"] == "no-store"
    return f"{reply.status_code} {reply.json()['reason']}"


# Who may see it


def test_a_viewer_sees_a_result(shown: str, http: TestClient) -> None:
    reply = http.get(URL, params=FIRST)
    assert (reply.status_code, reply.content) == (200, JPEG)
    headers = {name: reply.headers[name] for name in ("content-type", "content-length", "cache-control")}
    assert headers == {
        "content-type": "image/jpeg", "content-length": str(len(JPEG)), "cache-control": "private, no-cache",
    }  # fmt: skip
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_a_bearer_token_does_as_well(shown: str, browser: TestClient, tokens: dict[str, str]) -> None:
    for user, status in (("admin", 200), ("viewer", 200), ("nobody", 403)):
        headers = {"authorization": f"Bearer {tokens[user]}"}
        assert browser.get(URL, params=FIRST, headers=headers).status_code == status


@pytest.mark.parametrize("route", ["media", "rows"])
def test_who_is_logged_out_sees_nothing(shown: str, browser: TestClient, route: str) -> None:
    for headers in ({}, {"cookie": "_token="}):
        reply = browser.get(f"/dags/ours/{route}", params=FIRST, headers=headers)
        assert (reply.status_code, reply.json()) == (401, {"detail": "Not authenticated"})
    reply = browser.get(f"/dags/ours/{route}", params=FIRST, headers={"cookie": "_token=made.up.token"})
    assert reply.status_code in (401, 403)


@pytest.mark.parametrize("route", ["media", "rows"])
def test_who_has_no_access_sees_nothing(
    shown: str, browser: TestClient, tokens: dict[str, str], route: str
) -> None:
    cookie = {"cookie": f"_token={tokens['nobody']}"}
    for params in (FIRST, {}, {"run_id": "made up"}):
        assert browser.get(f"/dags/ours/{route}", params=params, headers=cookie).status_code == 403


def test_access_is_asked_for_the_dag_of_the_path(
    shown: str, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    asked = []

    def is_authorized(_: Any, *, details: Any, access_entity: Any, method: str, user: Any) -> bool:
        asked.append((details.id, access_entity.value, method))
        return bool(details.id == "theirs")

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized)
    for params in (FIRST, {**FIRST, "dag_id": "theirs"}):
        assert http.get(URL, params=params).status_code == 403
        assert http.post(URL, params=params).status_code == 405
    assert set(asked) == {("ours", "TASK_INSTANCE", "GET")}
    assert http.get("/dags/theirs/media", params=FIRST).json()["reason"] == "not_found"


@pytest.mark.parametrize(
    "params",
    [
        {"run_id": "other"},
        {"task_id": "other"},
        {"map_index": 3},
        {"stored": 1},
        {"row": 0},
        {"input": "init_image"},  # together with stored
    ],
)
def test_what_is_made_up_is_not_found(shown: str, http: TestClient, params: dict[str, Any]) -> None:
    assert reason_of(http, **{**FIRST, **params}) == "404 not_found"


def test_neither_stored_nor_input_is_not_found(shown: str, http: TestClient) -> None:
    assert reason_of(http) == "404 not_found"
    assert reason_of(http, input="made_up") == "404 not_found"
    assert reason_of(http, input="init_image", number=1) == "404 not_found"


def test_all_dags_at_once_are_not_found(shown: str, http: TestClient) -> None:
    assert http.get("/dags/~/media", params=FIRST).json()["reason"] == "not_found"


def test_a_mapped_task_has_its_own_results(scene: Scene, http: TestClient) -> None:
    mapped = Task("ours", "run", "swap", 2)
    scene.shows(scene.store(MP4, task=mapped), task=mapped)
    reply = http.get(URL, params={**FIRST, "map_index": 2})
    assert (reply.content, reply.headers["content-type"]) == (MP4, "video/mp4")
    assert reason_of(http, **FIRST) == "404 not_found"


# Inputs


def test_inputs_are_shown_that_the_record_names(shown: str, http: TestClient) -> None:
    reply = http.get(URL, params={**NAMES, "input": "init_video"})
    assert (reply.content, reply.headers["content-type"]) == (MP4, "video/mp4")


def test_media_of_an_input_are_counted_through(scene: Scene, http: TestClient) -> None:
    faces = [{"face": scene.file(f"in/{name}.jpg", JPEG + name.encode()), "of": "sha256:00"} for name in "ab"]
    scene.shows(scene.store(inputs={"ref_info": faces}))
    reply = http.get(URL, params={**NAMES, "input": "ref_info", "number": 2})
    assert reply.content == JPEG + b"b"
    assert reason_of(http, input="ref_info", number=1) == "404 not_found"


def test_what_the_xcom_calls_an_input_does_not_count(scene: Scene, http: TestClient) -> None:
    secret = scene.file("other/secret.jpg")
    scene.returns({"stored": [scene.store(inputs={})], "inputs": {"init_image": secret}})
    assert reason_of(http, input="init_image") == "404 not_found"


def test_an_input_of_the_web_is_left_there(scene: Scene, http: TestClient) -> None:
    scene.shows(scene.store(inputs={"init_image": "https://example.com/face.jpg"}))
    assert reason_of(http, input="init_image") == "404 elsewhere"


def test_a_path_is_an_input_as_well(scene: Scene, http: TestClient) -> None:
    url = scene.file("in/face.jpg")
    scene.shows(scene.store(inputs={"init_image": url.removeprefix("file://"), "x": url.upper()}))
    assert reason_of(http, input="init_image") == "404 not_found"  # described as content, never as a path
    assert reason_of(http, input="x") == "404 not_allowed"


# Object storage


@pytest.fixture
def in_store(scene: Scene, s3: S3, tmp_path: Path) -> str:
    folder = f"{s3.url}/{tmp_path.name}"
    s3.client.put_object(Bucket="bucket", Key=f"{tmp_path.name}/in/a.mp4", Body=MP4)
    url = scene.store(
        MP4, folder=folder, inputs={"init_video": f"{folder}/in/a.mp4", "gone": f"{folder}/gone"}
    )
    scene.shows(url, output_path=folder)
    return url


def test_a_result_in_object_storage_is_shown(in_store: str, http: TestClient) -> None:
    reply = http.get(URL, params=FIRST)
    assert (reply.content, reply.headers["content-type"]) == (MP4, "video/mp4")
    part = http.get(URL, params=FIRST, headers={"range": f"bytes={len(MP4) - 7}-"})
    assert (part.status_code, part.content) == (206, MP4[-7:])
    assert http.get(URL, params={**NAMES, "input": "init_video"}).content == MP4
    assert reason_of(http, input="gone") == "404 gone"


def test_a_result_in_object_storage_that_is_gone_or_changed(in_store: str, s3: S3, http: TestClient) -> None:
    key = in_store.removeprefix(f"{s3.url}/")
    s3.client.put_object(Bucket="bucket", Key=key, Body=MP4 + b"more")
    assert reason_of(http, **FIRST) == "404 gone"
    s3.client.delete_object(Bucket="bucket", Key=key)
    assert reason_of(http, **FIRST) == "404 gone"
    s3.client.delete_object(Bucket="bucket", Key=f"{key}.provenance.json")
    assert reason_of(http, **FIRST) == "404 not_ours"


def test_a_store_that_cannot_be_read_says_so(scene: Scene, http: TestClient) -> None:
    folder = "s3://no_such_connection@bucket/swaps"
    scene.shows(f"{folder}/a.jpg", output_path=folder)
    assert reason_of(http, **FIRST) == "502 store_failed"


@pytest.mark.parametrize("url", ["memory://media/a.jpg", "github://o:r@main/a.jpg", "http://127.0.0.1/a.jpg"])
def test_no_other_filesystem_is_opened(scene: Scene, http: TestClient, url: str) -> None:
    scene.shows(scene.store(inputs={"init_image": url}))
    assert reason_of(http, input="init_image").split()[1] in ("store_failed", "elsewhere", "not_found")


# What an HTTP client may ask


def test_a_range_is_sent(shown: str, http: TestClient) -> None:
    reply = http.get(URL, params=FIRST, headers={"range": "bytes=3-9", "accept-encoding": "gzip"})
    assert (reply.status_code, reply.content) == (206, JPEG[3:10])
    assert reply.headers["content-range"] == f"bytes 3-9/{len(JPEG)}"


def test_a_range_beyond_the_end_is_refused(shown: str, http: TestClient) -> None:
    reply = http.get(URL, params=FIRST, headers={"range": f"bytes={len(JPEG)}-"})
    assert (reply.status_code, reply.content) == (416, b"")
    assert reply.headers["content-range"] == f"bytes */{len(JPEG)}"


def test_a_copy_that_is_still_right_is_not_sent_again(shown: str, http: TestClient) -> None:
    etag = http.get(URL, params=FIRST).headers["etag"]
    reply = http.get(URL, params=FIRST, headers={"if-none-match": etag})
    assert (reply.status_code, reply.content) == (304, b"")
    reply = http.get(URL, params=FIRST, headers={"if-none-match": '"another"'})
    assert reply.content == JPEG


def test_head_has_the_headers_alone(shown: str, http: TestClient) -> None:
    reply = http.head(URL, params=FIRST)
    assert (reply.status_code, reply.content, reply.headers["content-length"]) == (200, b"", str(len(JPEG)))


def test_nothing_is_compressed_once_more(shown: str, http: TestClient) -> None:
    reply = http.get(URL, params=FIRST, headers={"accept-encoding": "gzip"})
    assert reply.headers["content-encoding"] == "identity"
    assert reply.headers["content-length"] == str(len(JPEG))


def test_an_xcom_may_be_text_or_json(scene: Scene, http: TestClient) -> None:
    scene.shows(scene.store(), as_text=True)
    assert http.get(URL, params=FIRST).content == JPEG


@pytest.mark.parametrize(
    "result", [None, "s3://backend/reference", [1], 5, {"stored": "x"}, {"stored": [None]}]
)
def test_any_other_xcom_is_not_found(scene: Scene, http: TestClient, result: Any) -> None:
    scene.returns(result, task=TASK)
    assert reason_of(http, **FIRST) == "404 not_found"
