"""``airflow faceswap`` beside a real Airflow: what it decides, workers obey, once."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from harness.cluster import Cluster
from tests.system.scene import IN_DOUBT, Scene, eventually

pytestmark = [pytest.mark.durability, pytest.mark.together]


def airflow(cluster: Cluster, *words: str) -> str:
    """Run ``airflow faceswap ...`` as a person does, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "faceswap", *words],
        env=cluster.env,
        cwd=cluster.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def jobs(scene: Scene) -> list[dict[str, Any]]:
    out = airflow(scene.cluster, "jobs", "--run-id", scene.run_id, "--output", "json")
    found: list[dict[str, Any]] = json.loads(out)
    return found


def test_a_doubt_is_listed_and_adopted_and_its_result_is_forgotten(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("accept_then_break")
        scene.start(output_path=f"file://{scene.results}")
        scene.fails_at_once(IN_DOUBT)
        (row,) = jobs(scene)
        assert (row["state"], row["task_state"], row["provider"]) == ("in_doubt", "failed", "modelslab")

        (job_id,) = scene.job_ids
        named = ("--dag-id", scene.dag_id, "--run-id", scene.run_id, "--task-id", scene.task_id)
        before = scene.task["try_number"]
        airflow(cluster, "adopt", job_id, *named, "--yes")
        scene.ends("success", since_try=before)
        assert (scene.result["job_id"], scene.accepted) == (job_id, 1)
        (file,) = scene.stored()

        # Other tests buy from vendors of their own, which may give the same id.
        job = ("--provider", "modelslab", "--job-id", job_id, "--run-id", scene.run_id)
        airflow(cluster, "forget", *job, "--yes")
        assert not file.exists()
        assert "result" not in scene.entry
        assert scene.entry["erased"] > 0

        scene.fails_at_once(f"job {job_id} was erased on request", since_try=scene.clear())
        assert (scene.accepted, scene.stored()) == (1, [])


def test_what_was_not_accepted_is_bought_again_once(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("accept_then_break")
        scene.start()
        scene.fails_at_once(IN_DOUBT)
        before = scene.task["try_number"]
        named = ("--dag-id", scene.dag_id, "--run-id", scene.run_id)
        airflow(cluster, "resubmit", *named, "--yes")
        scene.ends("success", since_try=before)
        assert scene.accepted == 2

        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 2


@pytest.mark.together(first=True)  # it takes minutes
def test_job_adopted_while_its_callback_is_awaited_is_waited_for(cluster: Cluster) -> None:
    with Scene(cluster, "swap_called_back") as scene:
        scene.jobs("never")
        scene.fault("accept_then_break")
        scene.start(timeout=150)  # the command takes half a minute on a busy machine
        scene.is_accepted()
        scene.reaches("deferred")
        (job_id,) = scene.job_ids
        named = ("--dag-id", scene.dag_id, "--run-id", scene.run_id)
        airflow(cluster, "adopt", job_id, *named, "--no-clear", "--yes")
        eventually(lambda: scene.entry.get("job_id") == job_id, "the decision is read")
        scene.finish_jobs()
        scene.ends("success")
        assert (scene.result["job_id"], scene.accepted) == (job_id, 1)


def test_buying_again_is_not_obeyed_once_a_callback_names_the_job(cluster: Cluster) -> None:
    with Scene(cluster, "swap_called_back") as scene:
        scene.jobs("never")
        scene.fault("accept_then_break")
        scene.start()
        scene.is_accepted()
        scene.reaches("deferred")
        named = ("--dag-id", scene.dag_id, "--run-id", scene.run_id)
        airflow(cluster, "resubmit", *named, "--no-clear", "--yes")
        scene.call_back()
        scene.ends("success")

        assert [scene.result["job_id"]] == scene.job_ids
        assert "A person decided to buy again, but a callback names the job" in scene.log
