"""Media in a bucket that grows, and whose files are written again, between two starts of a task."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_faceswap.sandbox.pictures.samples import sample
from harness.cluster import Cluster
from harness.s3 import PrivateBucket
from tests.system.run import Run
from tests.system.scene import Scene

pytestmark = pytest.mark.durability

BUCKET = "s3://listing@private-media"
PICTURES = ("a", "b", "c", "d")


def target(name: str) -> str:
    return f"{BUCKET}/in/{name}.jpg"


def picture(number: int) -> bytes:
    return sample("duo.jpg") + bytes(number)  # each another file; decoders stop at a picture's end


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBucket]:
    with PrivateBucket(tmp_path_factory.mktemp("s3")) as bucket:
        bucket.put("face.jpg", sample("hopper.jpg"))
        for number, name in enumerate(PICTURES):
            bucket.put(f"in/{name}.jpg", picture(number))
        yield bucket


@pytest.fixture(scope="module")
def connected(cluster: Cluster, bucket: PrivateBucket) -> PrivateBucket:
    cluster.rest.request("POST", "/connections", json=bucket.connection("listing"))
    return bucket


def run(scene: Scene) -> Run:
    run = Run.start(scene.cluster, "listing", conn_id=scene.conn_id)
    run.ends()
    return run


def filed(run: Run) -> dict[str, dict[str, Any]]:
    """What the catalogue says of each picture; its row is found by the result alone."""
    return {entry["target"]: entry for entry in run.result("catalogue")}


def test_listing_that_grew_is_bought_once_and_filed_right(cluster: Cluster, connected: PrivateBucket) -> None:
    """Each result is filed under the picture that it was made from, also beside one that failed."""
    with Scene(cluster, "listing") as scene:
        grow(scene, connected)


def grow(scene: Scene, bucket: PrivateBucket) -> None:
    scene.jobs(after_seconds=1, eta=None)
    scene.jobs("failed", input_has="/in/b.jpg", message="No face found")
    first = filed(run(scene))
    assert first.keys() == {target(name) for name in "acd"}
    assert scene.accepted == 4
    for name in "acd":
        (stored,) = first[target(name)]["stored"]
        beside = bucket.get(f"{stored.removeprefix(BUCKET + '/')}.provenance.json")
        assert json.loads(beside)["inputs"]["target"] == target(name)

    # A day later another one has come, b is swapped after all, and nothing else is bought again.
    scene.jobs(after_seconds=1, eta=None)
    bucket.put("in/e.jpg", picture(9))
    second = filed(run(scene))
    assert second.keys() == {target(name) for name in "abcde"}
    assert scene.accepted == 6
    for name in "acd":
        assert second[target(name)] == {**first[target(name)], "reused": True}

    # One is edited under its name: it is another input, and the others stay.
    bucket.put("in/a.jpg", picture(10))
    third = filed(run(scene))
    assert scene.accepted == 7
    assert not third[target("a")]["reused"] and third[target("a")]["stored"] != first[target("a")]["stored"]
    assert all(third[target(name)]["reused"] for name in "bcde")


def test_clear_after_a_file_was_written_again_buys_it(cluster: Cluster, connected: PrivateBucket) -> None:
    with Scene(cluster, "stored_picture") as scene:
        connected.put("edited/clear.jpg", picture(20))
        scene.start(name="clear")
        scene.ends("success")
        (first,) = scene.job_ids
        before = scene.clear()
        scene.ends("success", since_try=before)
        assert scene.accepted == 1, "it is the same file"

        connected.put("edited/clear.jpg", picture(21))
        before = scene.clear()
        scene.ends("success", since_try=before)
        assert scene.accepted == 2
        assert "cleared with other inputs (init_image)" in scene.log
        assert scene.entry["left"][0]["job_id"] == first


def test_retry_after_a_file_was_written_again_collects(cluster: Cluster, connected: PrivateBucket) -> None:
    with Scene(cluster, "stored_picture") as scene:
        connected.put("edited/retry.jpg", picture(30))
        scene.jobs("never")
        scene.start(name="retry")
        scene.is_looked_at()
        connected.put("edited/retry.jpg", picture(31))
        scene.kill()
        scene.finish_jobs()
        scene.ends("success", since_try=1)
        assert scene.accepted == 1
        assert "Written again since the job was bought: init_image" in scene.log


def test_retry_after_an_input_is_gone_collects(cluster: Cluster, connected: PrivateBucket) -> None:
    with Scene(cluster, "stored_picture") as scene:
        connected.put("edited/gone.jpg", picture(40))
        scene.jobs("never")
        scene.start(name="gone")
        scene.is_looked_at()
        connected.client.delete_object(Bucket=connected.bucket, Key="edited/gone.jpg")
        scene.kill()
        scene.finish_jobs()
        scene.ends("success", since_try=1)
        assert scene.accepted == 1
        assert scene.result["inputs"]["init_image"] == f"{BUCKET}/edited/gone.jpg"
