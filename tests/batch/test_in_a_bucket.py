"""A batch whose folder is in object storage."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap import connections
from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.manifest import read_manifest
from airflow_provider_faceswap.connections import LookupFailedError
from airflow_provider_faceswap.exceptions import BatchError
from airflow_provider_faceswap.storage.places import StoredPlace
from tests.batch.conftest import Inputs
from tests.batch.world import FACE, BatchWorld, rows
from tests.buckets import S3
from tests.fakes import MP4


@pytest.fixture
def folder(world: BatchWorld, s3: S3, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("write", "create", "put"):
        monkeypatch.setattr(StoredPlace, name, world._mortal(getattr(StoredPlace, name), name))
    return f"{s3.url}/batch-{uuid4().hex}"


def names(s3: S3, folder: str) -> set[str]:
    prefix = folder.rpartition("/")[2] + "/"
    found = s3.client.list_objects_v2(Bucket="bucket", Prefix=prefix).get("Contents", [])
    return {entry["Key"].removeprefix(prefix) for entry in found}


def test_killed_deferred_resumed_and_run_again(world: BatchWorld, s3: S3, folder: str) -> None:
    terms: dict[str, Any] = {"output_path": folder, "max_active_jobs": 20}
    world.die(rows(20), "polls", **terms)
    slow = {row["target"]: JobState.PROCESSING for row in rows(20)[10:]}
    world.vendor.states = slow
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(20), deferrable=True, **terms)
    (jobs,) = [name for name in names(s3, folder) if name.endswith("jobs.jsonl")]
    prefix = folder.rpartition("/")[2]
    listed = s3.client.get_object(Bucket="bucket", Key=f"{prefix}/{jobs}")["Body"].read().splitlines()
    assert len(listed) == 10
    assert all(json.loads(line)["job_id"] for line in listed)
    world.vendor.states = {}
    event = {"ended": base64.b64encode(b"\xff\x03").decode()}
    assert world.resume(deferral.value, event)["succeeded"] == 20
    left = names(s3, folder)
    assert not [name for name in left if "/parts/" in name or "claim" in name]
    s3.client.delete_object(Bucket="bucket", Key=f"{prefix}/modelslab-1003.mp4")
    world.next_run()
    assert world.start(rows(21), **terms)["reused"] == 20
    assert sorted(world.vendor.bought.values()) == [1] * 21
    assert len(list(read_manifest(f"{folder}/manifest.jsonl"))) == 21


@pytest.mark.parametrize("before", ["write", "put", "create", "set faceswap/0000", "answer", "download"])
def test_a_kill_anywhere_buys_nothing_twice(world: BatchWorld, folder: str, before: str) -> None:
    world.die(rows(3), before, output_path=folder)
    try:
        world.start(rows(3), output_path=folder, max_failed=1.0)
    except AirflowException as error:
        assert "in doubt" in str(error)
    assert max(world.vendor.bought.values()) == 1
    statuses = [line["status"] for line in read_manifest(folder)]
    assert len(statuses) == 3
    assert set(statuses) <= {"success", "in_doubt"}


class Lookups:
    """Airflow, whose database is away for some lookups of connections."""

    def __init__(self, away: int) -> None:
        self.away, self.asked = away, 0

    def __call__(self, conn_id: str, look_up: Any = None) -> Any:
        self.asked += 1
        if self.asked <= self.away:
            raise LookupFailedError("the database does not answer")
        return (look_up or BaseHook.get_connection)(conn_id)


def test_rows_wait_while_the_connection_of_their_inputs_cannot_be_looked_up(
    world: BatchWorld, bucket: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"face": FACE, "target": bucket.put(f"clip-{n}.mp4", MP4)} for n in range(3)]
    monkeypatch.setattr(connections, "get_connection", lookups := Lookups(away=7))
    assert world.start(items, max_failed=0, check_inputs=False)["succeeded"] == 3
    assert lookups.asked > 7
    assert sorted(world.vendor.bought.values()) == [1] * 3


def test_lookups_that_fail_on_and_on_are_left_to_a_retry(
    world: BatchWorld, bucket: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"face": FACE, "target": bucket.put("clip.mp4", MP4)}]
    monkeypatch.setattr(connections, "get_connection", lookups := Lookups(away=1000))
    with pytest.raises(BatchError, match=r"^init_video names the connection 'store', which cannot") as caught:
        world.start(items, max_failed=0, check_inputs=False)
    assert not isinstance(caught.value, AirflowFailException)
    lookups.away = 0
    assert world.start(items, max_failed=0, check_inputs=False)["succeeded"] == 1
    assert sorted(world.vendor.bought.values()) == [1]
