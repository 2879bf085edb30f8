"""Media in a private bucket: each vendor fetches what it is given a signed URL of, and nobody else can."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from airflow_provider_faceswap.apis.media import MAX_PICTURE
from airflow_provider_faceswap.sandbox.pictures.samples import sample
from harness.cluster import Cluster
from harness.s3 import SECRET_KEY, PrivateBucket
from harness.sandbox import Sandbox
from tests.system.run import Run
from tests.system.test_secrets import rows

BUCKET = "s3://private_media@private-media"
MEDIA = {
    "in/face.jpg": "hopper.jpg",
    "in/a clip+1.mp4": "clip.mp4",
    "in/duo.jpg": "duo.jpg",
    "in/large.jpg": "duo.jpg",
    "in/echoed.jpg": "duo.jpg",
}
LARGE = ("in/large.jpg", "in/echoed.jpg")
"""Too large to be sent along: where a vendor takes content, too, it gets a URL of these."""
# Which input plays which part of a task that succeeds, by the vendor's own names.
SUCCEED = {
    "modelslab_clip": {"init_image": "in/face.jpg", "init_video": "in/a clip+1.mp4"},
    "modelslab_picture": {"init_image": "in/duo.jpg", "target_image": "in/face.jpg"},
    "segmind_v1": {"source_img": "in/face.jpg", "target_img": "in/large.jpg"},
    "segmind_v2": {"source_img": "in/face.jpg", "target_img": "in/large.jpg"},
    "aifaceswap_picture": {"source_image": "in/large.jpg", "face_image": "in/face.jpg"},
    "aifaceswap_clip": {"source_video": "in/a clip+1.mp4", "face_image": "in/face.jpg"},
}
FAIL = {
    "modelslab_refused": "Could not download init_image. Make sure the URL is publicly accessible.",
    "segmind_refused": "Could not download source_img. Make sure the URL is publicly accessible.",
    "segmind_v2_refused": "Could not download source_img. Make sure the URL is publicly accessible.",
    "aifaceswap_refused": "failed",  # its callback has no words
    "modelslab_echoes": "Cannot process: ",
    "segmind_echoes": "Cannot process: ",
    "segmind_v2_echoes": "Cannot process: ",
    "aifaceswap_echoes": "Cannot process: ",
}
# Dags of other tests name the parameters as such.
SECRETS = ("X-Amz-Signature=", "X-Amz-Signature%3D", "X-Amz-Credential", SECRET_KEY)


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBucket]:
    with PrivateBucket(tmp_path_factory.mktemp("s3")) as bucket:
        for key, name in MEDIA.items():
            padding = bytes(MAX_PICTURE if key in LARGE else 0)  # decoders stop at a picture's end
            bucket.put(key, sample(name) + padding)
        yield bucket


@pytest.fixture(scope="module")
def run(cluster: Cluster, sandbox: Sandbox, bucket: PrivateBucket) -> Run:
    cluster.rest.request("POST", "/connections", json=bucket.connection("private_media"))
    policy = {"input_has": "/private-media/", "after_seconds": 1, "eta": None}
    sandbox.http.post("/_sandbox/progress", json=policy).raise_for_status()
    fault = {"kind": "echo", "input_has": "/in/echoed.jpg", "message": "Cannot process"}
    sandbox.http.post("/_sandbox/faults", json=fault).raise_for_status()
    run = Run.start(cluster, "private_media", origin=bucket.url)
    run.ends()
    return run


def test_nobody_else_can_open_the_media(bucket: PrivateBucket) -> None:
    for key in MEDIA:
        assert (
            httpx.get(bucket.address(key), trust_env=False, timeout=60).status_code == httpx.codes.FORBIDDEN
        )


@pytest.mark.parametrize("task", SUCCEED)
def test_a_swap_of_private_media_succeeds(run: Run, bucket: PrivateBucket, task: str) -> None:
    assert run.states()[task] == "success", run.errors(task)
    result = run.result(task)
    assert result["inputs"] == {field: f"{BUCKET}/{key}" for field, key in SUCCEED[task].items()}
    [stored] = result["stored"]
    assert stored.startswith(f"{BUCKET}/results/")
    content = bucket.get(stored.removeprefix(f"{BUCKET}/"))
    assert content[4:8] == b"ftyp" if task.endswith("clip") else content[:2] == b"\xff\xd8"


def test_the_vendors_fetched_the_media_by_signed_urls(run: Run, bucket: PrivateBucket) -> None:
    gets = bucket.signed_gets()
    assert {get.status for get in gets} == {200}
    fetched = Counter(get.key for get in gets)
    wanted = {"in/face.jpg": 3, "in/duo.jpg": 1, "in/large.jpg": 3, "in/a clip+1.mp4": 2}
    assert {key: fetched[key] for key in wanted if fetched[key] < wanted[key]} == {}


@pytest.mark.parametrize("task", FAIL)
def test_a_refusal_is_in_the_vendors_words(run: Run, task: str) -> None:
    assert run.states()[task] == "failed"
    last = next(found["try_number"] for found in run.tasks() if found["task_id"] == task)
    log = run.cluster.rest.task_log(run.dag_id, run.id, task, try_number=last)
    entries = [json.loads(line) for line in log.splitlines() if line]
    [error] = [error["exc_value"] for entry in entries for error in entry.get("error_detail") or ()]
    assert FAIL[task] in error


@pytest.fixture(scope="module")
def secrets(run: Run, bucket: PrivateBucket) -> set[bytes]:
    """The signatures that were used, and what others and the key would be found by."""
    used = {get.signature for get in bucket.signed_gets()}
    assert len(used) > len(SUCCEED)
    return {text.lower().encode() for text in (*used, *SECRETS)}


def test_no_signature_and_no_key_is_in_a_file_of_airflow(run: Run, secrets: set[bytes]) -> None:
    files = [path for path in run.cluster.home.rglob("*") if path.is_file()]
    names = " ".join(map(str, files))
    assert all(part in names for part in ("task_id=modelslab_clip", "scheduler.log", "airflow.db"))
    assert [path.name for path in files if holds(path.read_bytes(), secrets)] == []


def test_no_signature_and_no_key_is_in_the_database(run: Run, secrets: set[bytes]) -> None:
    found = list(rows(run.cluster.home / "airflow.db"))
    tables = {table for table, text in found if f"{BUCKET}/in/face.jpg" in text}
    assert tables >= {"xcom", "task_state_store", "rendered_task_instance_fields"}
    assert [table for table, text in found if holds(text.encode(), secrets)] == []


def test_no_signature_and_no_key_is_among_the_stored_files(
    bucket: PrivateBucket, secrets: set[bytes]
) -> None:
    files = {key: bucket.get(key) for key in bucket.keys("results")}
    provenance = [content for key, content in files.items() if key.endswith(".provenance.json")]
    assert len(provenance) == len(SUCCEED)
    assert all(f"{BUCKET}/in/face.jpg".encode() in content for content in provenance)
    assert [key for key, content in files.items() if holds(content, secrets)] == []


def holds(content: bytes, secrets: set[bytes]) -> bool:
    folded = content.lower()
    return any(secret in folded for secret in secrets)
