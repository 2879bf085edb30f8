"""A batch that is cleared, tried again, or whose connection moves."""

from __future__ import annotations

import re

import pytest

from harness.cluster import Cluster
from tests.system.batches import Batch
from tests.system.scene import IN_DOUBT, eventually

pytestmark = [pytest.mark.durability, pytest.mark.together]


def test_batch_cleared_with_its_run_buys_nothing(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=1)
        scene.start(items=scene.rows(6))
        scene.ends("success")
        lines = scene.is_whole(6)
        reads = scene.counts["media_reads"]
        scene.ends("success", since_try=scene.clear_run())

        assert scene.accepted == 6
        assert (scene.counts["media_reads"], scene.is_whole(6)) == (reads, lines)
        scene.says(succeeded=6, reused=6)


def test_batch_cleared_with_fewer_rows_still_collects_the_others(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs("never")
        scene.start(items=scene.rows(6))
        scene.reaches("deferred")
        scene.now(items=scene.rows(4))
        before = scene.clear()
        scene.reaches("deferred", since_try=before)
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 6
        scene.says(total=4, succeeded=4)
        assert [(line["index"], line["status"]) for line in scene.lines] == [
            *((index, "success") for index in range(4)),
            *[(None, "success")] * 2,
        ]
        assert {line["job_id"] for line in scene.lines} == set(scene.job_ids)


def test_batch_with_a_failed_row_buys_nothing_in_its_retry(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=1)
        scene.jobs("failed", message="The face is turned away.", after_seconds=1, input_has="n=2&")
        # Not stored by this try: so there is another one.
        scene.fault("media_html", input_has="n=4&", times=1)
        scene.start(items=scene.rows(6))
        task = scene.ends("failed")

        assert (task["try_number"], scene.accepted) == (2, 6)
        assert "1 unfinished of 6 items" in scene.log_of(1)
        assert "The face is turned away." in scene.log_of(2)
        scene.is_whole(6, succeeded=5)
        scene.says(succeeded=5, failed=1, unfinished=0)

        scene.jobs(after_seconds=1)
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 7
        scene.is_whole(6)


def test_batch_whose_trigger_crashes_looks_at_all_jobs_and_goes_on(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=1, eta=None)
        scene.start(items=scene.rows(8), max_active_jobs=5, breaks=str(scene.folder / "broken"))
        scene.ends("success")

        assert "The deferral was cut off" in scene.log
        assert scene.accepted == 8
        scene.is_whole(8)


def test_batch_whose_doubts_a_person_settles_as_its_message_says(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=1)
        for row in (1, 2):
            scene.fault("accept_then_break", input_has=f"n={row}&")
        scene.start(items=scene.rows(4))
        scene.fails_at_once(IN_DOUBT)
        failures = {failure["index"]: failure["error"] for failure in scene.says(in_doubt=2)["failures"]}
        lost = scene.job_of("n=1&")

        for row, word in ((1, lost), (2, "resubmit")):
            (path,) = re.findall(r"by the API: PUT /api/v2(/\S+)", failures[row])
            cluster.rest.request("PUT", path, json={"value": word})
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 5
        assert [line["job_id"] for line in scene.is_whole(4)][1] == lost


@pytest.mark.together(first=True)  # it takes a minute
def test_batch_cleared_while_it_submits_does_not_submit_beside_its_old_worker(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=1)
        scene.fault("slow_answer", seconds=20, times=3)
        scene.start(items=scene.rows(6), max_failed=1.0)
        eventually(lambda: scene.noted == 3, "three ids are noted")
        scene.ends("success", since_try=scene.clear())

        assert scene.accepted == 6
        statuses = scene.statuses
        assert statuses["success"] + statuses["in_doubt"] == 6 and statuses["success"] >= 3
        doubts = [line for line in scene.is_whole(6, succeeded=statuses["success"]) if line["error"]]
        assert all(IN_DOUBT in line["error"] for line in doubts)


@pytest.mark.together(first=True)  # it takes a minute
def test_batch_whose_connection_moves_while_deferred_asks_no_other_host(cluster: Cluster) -> None:
    with Batch(cluster) as scene, Batch(cluster) as elsewhere:
        scene.jobs("never")
        scene.start(items=scene.rows(3), timeout=45)
        scene.reaches("deferred")
        elsewhere.has_jobs(scene.job_ids)
        scene.connect(host=elsewhere.vendor.url)
        scene.fails_at_once(f"were bought at {scene.vendor.url}, and the connection leads to")
        # The other host finished jobs with these ids, and was never asked about them.
        assert elsewhere.counts["requests"] == 1

        scene.connect(host=scene.vendor.url)
        scene.finish_jobs()
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 3
        assert elsewhere.counts["requests"] == 1
        assert {line["output"][0].startswith(scene.vendor.url) for line in scene.is_whole(3)} == {True}


@pytest.mark.together(first=True)  # it takes a minute
def test_batch_whose_folder_is_another_one_for_the_retry_waits_for_its_jobs(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        elsewhere = scene.folder / "elsewhere"
        scene.jobs("never")
        scene.start(items=scene.rows(3), deferrable=False, on_in_doubt="resubmit")
        scene.is_looked_at(3)
        scene.now(output_path=elsewhere.as_uri(), deferrable=True)
        scene.kill()
        scene.reaches("deferred", since_try=1)
        scene.finish_jobs()
        scene.ends("success", since_try=1)

        assert scene.accepted == 3
        scene.says(succeeded=3)
        assert len(list(elsewhere.glob("*.mp4"))) == 3


@pytest.mark.parametrize("state", ["failed", "success"])
def test_run_that_is_deleted_and_made_again_lists_its_items_afresh(cluster: Cluster, state: str) -> None:
    with Batch(cluster, dag_id="batch_without_retries") as scene:
        scene.jobs(after_seconds=1)
        scene.jobs(state, after_seconds=1, input_has="n=1&")
        scene.start(items=scene.rows(3))
        scene.ends(state)
        scene.run_ends(state)
        scene.delete_run()
        scene.jobs(after_seconds=1)
        scene.start(again=True, items=[*scene.rows(2), *scene.rows(2, start=7)])
        scene.ends("success")

        bought_again = 1 if state == "failed" else 0
        assert scene.accepted == 5 + bought_again
        scene.says(total=4, succeeded=4, reused=2 - bought_again)
