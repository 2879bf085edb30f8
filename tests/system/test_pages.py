"""Who sees which picture, on a real Airflow with real logins, two teams and a private bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.sandbox.pictures.samples import sample
from harness.cluster import Cluster
from harness.logins import Logins
from harness.s3 import PrivateBucket
from harness.sandbox import Sandbox

USERS = {"boss": "admin", "anna": "viewer:anna_team", "bert": "viewer:bert_team"}
DAGS = {"annas": "anna_team", "berts": "bert_team"}
BUCKET = "s3://private_media@private-media"
DAG_FILE = """
from airflow.sdk import DAG
from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator

with DAG({dag_id!r}, schedule=None):
    FaceSwapOperator(
        task_id="on_disk", conn_id="segmind_default", face="file://{root}/face.jpg", target="file://{root}/duo.jpg",
        output_path="file://{root}/{{{{ dag.dag_id }}}}",
    )
    FaceSwapOperator.partial(
        task_id="in_store", conn_id="modelslab_default", face="{bucket}/face.jpg",
        output_path="{bucket}/{{{{ dag.dag_id }}}}",
    ).expand(target=["{bucket}/clip.mp4"])
    FaceSwapBatchOperator(
        task_id="batch", conn_id="segmind_default", operation="faceswap-v2", output_path="file://{root}/batch",
        items=[dict(source_img="file://{root}/face.jpg", target_img="file://{root}/duo.jpg")],
    ) if {dag_id!r} == "annas" else None
"""


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBucket]:
    with PrivateBucket(tmp_path_factory.mktemp("s3")) as bucket:
        bucket.put("face.jpg", sample("hopper.jpg"))
        bucket.put("clip.mp4", sample("clip.mp4"))
        yield bucket


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("media")
    (root / "face.jpg").write_bytes(sample("hopper.jpg"))
    (root / "duo.jpg").write_bytes(sample("duo.jpg"))
    return root


@pytest.fixture(scope="module")
def airflow(
    sandbox: Sandbox, bucket: PrivateBucket, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """An Airflow in which each Dag has run once; its client is logged in as admin."""
    folders = tmp_path_factory.mktemp("dags")
    for dag_id in DAGS:
        (folders / dag_id).mkdir()
        text = DAG_FILE.format(dag_id=dag_id, root=root, bucket=BUCKET)
        (folders / dag_id / "dag.py").write_text(text)
    teams = {folders / dag_id: team for dag_id, team in DAGS.items()}
    with Cluster(
        tmp_path_factory.mktemp("airflow"),
        list(teams),
        env={"AIRFLOW__FACESWAP__LOCAL_ROOTS": str(root)},
        logins=Logins(USERS, teams),
    ) as cluster:
        for connection in (*sandbox.connections(), bucket.connection("private_media")):
            cluster.rest.request("POST", "/connections", json=connection)
        cluster.wait_for_dags(set(DAGS))
        for dag_id in DAGS:
            cluster.rest.trigger_dag(dag_id, run_id="run")
        for dag_id in DAGS:
            assert cluster.rest.wait_for_run(dag_id, "run") == "success"
        yield cluster


def token(cluster: Cluster, user: str) -> str:
    assert cluster.logins
    login = {"username": user, "password": cluster.logins.passwords[user]}
    reply = httpx.post(f"{cluster.url}/auth/token", json=login, trust_env=False)
    return str(reply.raise_for_status().json()["access_token"])


def media(cluster: Cluster, user: str | None, dag_id: str, task_id: str, **params: Any) -> httpx.Response:
    """Ask for a medium as a browser does."""
    return httpx.get(
        f"{cluster.url}/faceswap/pages/dags/{dag_id}/media",
        params={"run_id": "run", "task_id": task_id, **params},
        cookies={"_token": token(cluster, user)} if user else {},
        trust_env=False,
        timeout=60,
    )


def test_a_viewer_sees_what_went_in_and_what_came_out(
    airflow: Cluster, root: Path, bucket: PrivateBucket
) -> None:
    stored = media(airflow, "anna", "annas", "on_disk", stored=0)
    assert stored.status_code == 200, stored.text
    assert [stored.content] == [path.read_bytes() for path in (root / "annas").glob("*.jpg")]
    assert media(airflow, "anna", "annas", "on_disk", input="face").content == sample("hopper.jpg")
    clip = media(airflow, "anna", "annas", "in_store", map_index=0, stored=0)
    assert [clip.content] == [bucket.get(key) for key in bucket.keys("annas/") if key.endswith(".mp4")]
    assert clip.headers["content-type"] == "video/mp4"
    assert media(airflow, "anna", "annas", "in_store", map_index=0, input="target").content == sample(
        "clip.mp4"
    )


def test_a_viewer_sees_the_rows_of_a_batch(airflow: Cluster) -> None:
    reply = httpx.get(
        f"{airflow.url}/faceswap/pages/dags/annas/rows",
        params={"run_id": "run", "task_id": "batch"},
        headers={"authorization": f"Bearer {token(airflow, 'anna')}"},
        trust_env=False,
    )
    assert reply.status_code == 200, reply.text
    assert reply.json()["counts"] == {"success": 1}
    assert media(airflow, "anna", "annas", "batch", row=0, stored=0).headers["content-type"] == "image/jpeg"
    assert media(airflow, "anna", "annas", "batch", row=0, input="target_img").content == sample("duo.jpg")


def test_others_see_nothing(airflow: Cluster) -> None:
    for user, dag_id, status in (
        ("boss", "annas", 200), ("boss", "berts", 200), ("anna", "annas", 200), ("bert", "berts", 200),
        ("anna", "berts", 403), ("bert", "annas", 403), (None, "annas", 401), ("boss", "no_such_dag", 404),
    ):  # fmt: skip
        reply = media(airflow, user, dag_id, "on_disk", stored=0)
        assert (user, dag_id, reply.status_code) == (user, dag_id, status)


def test_an_edited_xcom_shows_no_result_of_another_dag(airflow: Cluster) -> None:
    path = "/dags/annas/dagRuns/run/taskInstances/on_disk/xcomEntries/return_value"
    ours = airflow.rest.xcom("annas", "run", "on_disk")
    theirs = airflow.rest.xcom("berts", "run", "on_disk")["stored"]
    try:
        airflow.rest.request("PATCH", path, json={"value": {**ours, "stored": theirs}, "map_index": -1})
        reply = media(airflow, "anna", "annas", "on_disk", stored=0)
        assert (reply.status_code, reply.json()["reason"]) == (404, "not_ours")
    finally:
        airflow.rest.request("PATCH", path, json={"value": ours, "map_index": -1})


def test_the_tab_is_offered_and_served(airflow: Cluster) -> None:
    (plugin,) = [
        found for found in airflow.rest.request("GET", "/plugins")["plugins"] if found["name"] == "faceswap"
    ]
    hrefs = {view["destination"]: view["href"] for view in plugin["external_views"]}
    assert hrefs.keys() == {"task_instance", "dag_run", "nav"}
    for href in hrefs.values():
        reply = httpx.get(f"{airflow.url}/{href.partition('?')[0]}", trust_env=False)
        assert reply.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in reply.headers["content-security-policy"]


def test_the_receiver_is_still_there(airflow: Cluster) -> None:
    reply = httpx.post(f"{airflow.url}/faceswap/callbacks/aifaceswap/made-up", trust_env=False)
    assert reply.status_code == 401
