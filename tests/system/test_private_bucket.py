"""Media in a private bucket: each vendor fetches what it is given a signed URL of, and nobody else can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

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
    "in/echoed.jpg": "duo.jpg",
}
# Which input plays which part of a task that succeeds, by the vendor's own names.
SUCCEED = {
    "modelslab_clip": {"init_image": "in/face.jpg", "init_video": "in/a clip+1.mp4"},
    "modelslab_picture": {"init_image": "in/duo.jpg", "target_image": "in/face.jpg"},
    "segmind_v1": {"source_img": "in/face.jpg", "target_img": "in/duo.jpg"},
    "segmind_v2": {"source_img": "in/face.jpg", "target_img": "in/duo.jpg"},
    "aifaceswap_picture": {"source_image": "in/duo.jpg", "face_image": "in/face.jpg"},
    "aifaceswap_clip": {"source_video": "in/a clip+1.mp4", "face_image": "in/face.jpg"},
}
FAIL = {
    "modelslab_refused": "Could not download init_image. Make sure the URL is publicly accessible.",
    "segmind_refused": "Could not download target_img. Make sure the URL is publicly accessible.",
    "segmind_v2_refused": "Could not download target_img. Make sure the URL is publicly accessible.",
    "aifaceswap_refused": "failed",  # its callback has no words
    "modelslab_echoes": "Cannot process: ",
    "segmind_echoes": "Cannot process: ",
    "segmind_v2_echoes": "Cannot process: ",
    "aifaceswap_echoes": "Cannot process: ",
}
# Also as JSON or percent-encoding would write them.
SECRETS = ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", SECRET_KEY)


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBucket]:
    with PrivateBucket(tmp_path_factory.mktemp("s3")) as bucket:
        for key, name in MEDIA.items():
            bucket.put(key, sample(name))
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
        assert httpx.get(bucket.address(key), trust_env=False).status_code == httpx.codes.FORBIDDEN


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
    for key, uses in {"in/face.jpg": len(SUCCEED), "in/duo.jpg": 4, "in/a%20clip%2B1.mp4": 2}.items():
        fetched = bucket.fetched(key)
        assert len(fetched) >= uses and set(fetched) == {200}, key


@pytest.mark.parametrize("task", FAIL)
def test_a_refusal_is_in_the_vendors_words(run: Run, task: str) -> None:
    assert run.states()[task] == "failed"
    [error] = run.errors(task)
    assert FAIL[task] in error


def test_no_signature_and_no_key_is_in_a_file_of_airflow(run: Run) -> None:
    files = [path for path in run.cluster.home.rglob("*") if path.is_file()]
    names = " ".join(map(str, files))
    assert all(part in names for part in ("task_id=modelslab_clip", "scheduler.log", "airflow.db"))
    assert _found({str(path): path.read_bytes() for path in files}) == {}


def test_no_signature_and_no_key_is_in_the_database(run: Run) -> None:
    texts = [text for _, text in rows(run.cluster.home / "airflow.db")]
    assert any(f"{BUCKET}/in/face.jpg" in text for text in texts)
    assert _found({str(number): text.encode() for number, text in enumerate(texts)}) == {}


def test_no_signature_and_no_key_is_among_the_stored_files(run: Run, bucket: PrivateBucket) -> None:
    files = {key: bucket.get(key) for key in bucket.keys("results")}
    assert len(files) > len(SUCCEED)
    assert any(BUCKET.encode() in content for content in files.values())  # the provenance
    assert _found(files) == {}


def _found(files: dict[str, bytes]) -> dict[str, list[str]]:
    found = {
        name: [text for text in SECRETS if text.lower().encode() in content.lower()]
        for name, content in files.items()
    }
    return {Path(name).name: texts for name, texts in found.items() if texts}
