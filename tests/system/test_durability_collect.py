"""A finished task is cleared: what it bought is collected, and bought again only where a person says so."""

from __future__ import annotations

import shutil

import pytest

from harness.cluster import Cluster
from tests.system.scene import Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]


def test_whole_run_cleared_and_the_stored_file_is_returned_without_asking_the_vendor(
    cluster: Cluster,
) -> None:
    with Scene(cluster, dag_id="swap_and_publish") as scene:
        scene.jobs(after_seconds=1)
        scene.start(output_path=scene.results.as_uri())
        scene.ends("success")
        scene.run_ends("failed")
        result, polls, (stored,) = scene.result, scene.counts["fetches"], scene.stored()
        written = stored.stat().st_mtime_ns
        assert polls > 0

        (scene.folder / "stopped").touch()  # what `publish` waited for
        before = scene.clear_run()
        scene.run_ends("success")

        assert scene.task["try_number"] == before + 1
        assert scene.result == result
        assert scene.accepted == 1
        assert (scene.counts["fetches"], scene.counts["media_reads"]) == (polls, 1)
        assert [path.stat().st_mtime_ns for path in scene.stored()] == [written]


def test_sensor_cleared_with_its_run_returns_what_it_stored_though_its_callback_is_deleted(
    cluster: Cluster,
) -> None:
    with Scene(cluster, "submit_then_wait", task_id="wait", provider="aifaceswap") as scene:
        scene.jobs(after_seconds=1)
        scene.start(output_path=scene.results.as_uri())
        scene.ends("success")
        result = scene.result
        scene.ends("success", since_try=scene.clear_run())

        assert scene.result["stored"] == result["stored"] == [path.as_uri() for path in scene.stored()]
        assert (scene.accepted, scene.counts["media_reads"]) == (1, 1)


@pytest.mark.parametrize("breaks", ["post_execute", "xcom"])
def test_task_that_fails_after_its_result_is_stored_collects_it(cluster: Cluster, breaks: str) -> None:
    with Scene(cluster) as scene:
        scene.start(breaks=breaks, output_path=scene.results.as_uri())
        scene.ends("success", since_try=1)

        assert "failed" in scene.log_of(1)
        assert scene.accepted == 1
        assert (scene.counts["fetches"], scene.counts["media_reads"]) == (0, 1)
        assert scene.result["stored"] == [path.as_uri() for path in scene.stored()]


def test_clear_of_a_task_without_output_path_returns_the_same_links(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start()
        scene.ends("success")
        result = scene.result
        scene.ends("success", since_try=scene.clear())

        assert scene.result == result
        assert scene.accepted == 1
        assert scene.counts["fetches"] == 0


def test_cleared_after_the_stored_file_was_deleted_collects_it_from_the_vendor(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start(output_path=scene.results.as_uri())
        scene.ends("success")
        shutil.rmtree(scene.results)
        scene.ends("success", since_try=scene.clear())

        assert scene.accepted == 1
        assert (scene.counts["fetches"], scene.counts["media_reads"]) == (1, 2)
        assert scene.result["stored"] == [path.as_uri() for path in scene.stored()]


@pytest.mark.together(first=True)  # it takes a minute
def test_cleared_after_the_file_was_deleted_and_the_vendor_forgot_fails_and_says_so(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start(output_path=scene.results.as_uri())
        scene.ends("success")
        (job_id,) = scene.job_ids
        shutil.rmtree(scene.results)
        scene.forget_jobs()
        before = scene.clear()
        scene.reaches("running", since_try=before + 1)
        # It has read its entry then, and does not buy when that is deleted.
        scene.is_looked_at(scene.counts["fetches"] + 1)

        log = scene.log_of(before + 1)
        assert f"job {job_id}: the result could not be downloaded: HTTP 404" in log
        assert "the vendor answers 'Request not found'; decide in the task's tab 'Face swap'" in log
        assert scene.accepted == 1
        # Buying again is for a person to say.
        scene.ends("success", since_try=scene.follow_remedy())
        assert scene.accepted == 2


def test_cleared_with_another_output_path_copies_the_file(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        elsewhere = scene.folder / "elsewhere"
        scene.start(output_path=scene.results.as_uri())
        scene.ends("success")
        scene.now(output_path=elsewhere.as_uri())
        scene.ends("success", since_try=scene.clear())

        (copy,) = elsewhere.glob("*.jpg")
        (stored,) = scene.stored()
        assert copy.read_bytes() == stored.read_bytes()
        assert scene.result["stored"] == [copy.as_uri()]
        assert scene.accepted == 1
        assert (scene.counts["fetches"], scene.counts["media_reads"]) == (0, 1)


def test_cleared_with_on_clear_resubmit_buys_again_and_its_retry_does_not(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start()
        scene.ends("success")
        (old,) = scene.job_ids
        scene.jobs("never")
        scene.now(on_clear="resubmit", deferrable=False)
        before = scene.clear()
        scene.is_accepted(2)
        scene.is_looked_at()
        scene.kill(worker=False)
        scene.finish_jobs()
        scene.ends("success", since_try=before + 1)

        left = f"this leaves modelslab job {old} (multiple_face_swap, finished)"
        assert f"Buying again (cleared with on_clear='resubmit'); {left}" in scene.log_of(before + 1)
        assert [job["job_id"] for job in scene.entry["left"]] == [old]
        assert scene.accepted == 2


def test_entry_deleted_and_cleared_buys_again(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start(output_path=scene.results.as_uri())
        scene.ends("success")
        scene.delete_entry()
        scene.ends("success", since_try=scene.clear())

        assert scene.accepted == 2
        assert len(scene.stored()) == 2


def test_submitted_and_not_waited_for_a_clear_returns_the_same_job(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(wait_for_completion=False)
        scene.ends("success")
        assert scene.counts["fetches"] == 0
        scene.ends("success", since_try=scene.clear())

        assert scene.accepted == scene.counts["fetches"] == 1
        assert (scene.result["job_id"], scene.result["status"]) == (scene.job_ids[0], "processing")


def test_submitted_and_not_waited_for_a_clear_buys_again_what_failed(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("failed", after_seconds=0.01, message="No face found.", times=1)
        scene.start(wait_for_completion=False)
        scene.ends("success")
        before = scene.clear()
        scene.ends("success", since_try=before)

        assert f"job {scene.job_ids[0]} failed: No face found." in scene.log_of(before + 1)
        assert scene.accepted == 2
        assert scene.result["job_id"] == scene.job_ids[1]


def test_output_path_that_cannot_be_written_is_refused_before_anything_is_accepted(
    cluster: Cluster,
) -> None:
    with Scene(cluster) as scene:
        # No permission keeps root out: a file where the folder should be does.
        scene.results.touch()
        scene.start(output_path=f"{scene.results.as_uri()}/swaps")
        scene.fails_at_once("output_path: ")

        assert scene.counts["requests"] == 0
