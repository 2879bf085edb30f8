"""A batch from its list to its manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cluster import Cluster
from tests.system.batches import Batch
from tests.system.keys import KEY, WRONG_KEY
from tests.system.test_secrets import RESULT_PATH

pytestmark = pytest.mark.together


def test_a_batch_buys_each_video_once_and_holds_no_worker_while_it_waits(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=6, eta=None)
        scene.http.post("/_sandbox/queue", json={"max_queued": 15}).raise_for_status()
        scene.start(items=scene.json_lines(scene.rows(40)), max_active_jobs=15)
        trigger = json.dumps(scene.reaches("deferred")["trigger"])
        task = scene.ends("success")

        assert (scene.accepted, scene.counts["duplicates"]) == (40, 0)
        assert scene.counts["peak_queued"] <= 15
        assert {line["job_id"] for line in scene.is_whole(40)} == set(scene.job_ids)
        # Three waves of fifteen jobs at most, of which each is collected at the start that follows.
        assert scene.starts <= 6
        result = scene.says(total=40, succeeded=40, reused=0, failed=0, in_doubt=0, not_sent=0, failures=[])
        assert result["manifest"] == f"{scene.results.as_uri()}/manifest.jsonl"

        folder = cluster.home / "logs" / f"dag_id={scene.dag_id}" / f"run_id={scene.run_id}"
        logs = "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
        assert scene.job_ids[0] in logs
        shown = [logs, trigger, json.dumps(task["rendered_fields"]), json.dumps(result)]
        assert [text for text in shown if RESULT_PATH in text or "clip.mp4" in text] == []

        params = {"source_dag_id": scene.dag_id, "source_run_id": scene.run_id}
        (event,) = cluster.rest.request("GET", "/assets/events", params=params)["asset_events"]
        assert (event["extra"]["succeeded"], event["extra"]["manifest"]) == (40, result["manifest"])


def test_a_batch_can_wait_on_its_worker(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=2)
        scene.start(items=scene.rows(12), max_active_jobs=5, deferrable=False)
        scene.ends("success")

        assert (scene.accepted, scene.starts) == (12, 1)
        scene.is_whole(12)


def test_a_wrong_key_is_said_once_and_fails_no_row(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.connect(password=WRONG_KEY)
        scene.start(items=scene.rows(40))
        log = scene.fails_at_once("refused the API key")

        assert log.count("Invalid API key") < 5
        assert scene.accepted == 0
        assert sum(scene.counts["refused"].values()) <= 16
        assert scene.statuses == {"not_sent": 40}
        scene.says(total=40, not_sent=40, failed=0)

        scene.connect(password=scene.vendor.key)
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 40


def test_rows_that_are_wrong_are_all_named_before_anything_is_sent(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        rows = scene.rows(6)
        rows[1]["init_vido"] = rows[1].pop("init_video")
        rows[4]["output_name"] = "../escape"
        scene.start(items=scene.json_lines(rows))
        log = scene.fails_at_once("init_vido")

        assert "row 1" in log and "row 4" in log
        assert scene.accepted == 0
        assert not Path(scene.results, "manifest.jsonl").exists()


def test_credits_that_run_out_end_the_submission_and_what_runs_is_collected(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=3)
        scene.fault("no_credits", input_has="n=5&", times=None)
        scene.start(items=scene.rows(40), max_active_jobs=30)
        scene.fails_at_once("Insufficient credits")

        bought = scene.accepted
        assert bought < 16
        assert scene.statuses == {"success": bought, "not_sent": 40 - bought}

        scene.mend()
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 40
        scene.is_whole(40)


def test_a_batch_that_is_refused_for_now_waits_without_a_worker(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=1)
        # To begin with, somebody else's jobs fill the queue.
        scene.http.post("/_sandbox/queue", json={"max_queued": 0}).raise_for_status()
        scene.start(items=scene.rows(6))
        task = scene.reaches("deferred")
        assert "PauseTrigger" in task["trigger"]["classpath"]
        scene.http.post("/_sandbox/queue", json={"max_queued": 3}).raise_for_status()
        ended = scene.ends("success")

        assert (ended["try_number"], scene.accepted) == (task["try_number"], 6)
        assert scene.counts["peak_queued"] <= 3
        scene.is_whole(6)


def test_a_vendor_that_repeats_the_request_makes_no_key_known(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.rotate_key(KEY)
        scene.jobs(after_seconds=1)
        scene.fault("echo", input_has="n=1&", message="Cannot process")
        scene.start(items=scene.rows(3), max_failed=1)
        scene.ends("success")

        manifest = Path(scene.results, "manifest.jsonl").read_text(encoding="utf-8")
        shown = [manifest, scene.log, json.dumps(scene.says(succeeded=2, failed=1))]
        assert ["Cannot process" in text for text in shown] == [True] * 3
        assert [text for text in shown if KEY.rpartition("-")[2] in text] == []
