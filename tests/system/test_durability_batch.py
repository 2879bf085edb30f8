"""A batch whose worker and triggerer are killed, and one whose vendor answers badly."""

from __future__ import annotations

import csv
import io

import pytest

from harness.cluster import Cluster
from tests.system.batches import Batch
from tests.system.scene import IN_DOUBT

pytestmark = pytest.mark.durability

BLOCK = 16
BAD_ANSWERS = {
    "n=4&": "bad_gateway",
    "n=14&": "html_200",
    "n=24&": "break_in_answer",
    "n=34&": "accept_then_break",
    "n=44&": "truncated_json",
    "n=54&": "server_error",
}


def test_batch_killed_four_times_buys_each_item_once(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=5, eta=None)
        scene.http.post("/_sandbox/queue", json={"max_queued": 30}).raise_for_status()
        scene.fault("slow_answer", times=5, seconds=60)
        rows = scene.json_lines(scene.rows(120))
        scene.start(items=rows, max_active_jobs=60, max_failed=1.0, timeout=1800)

        scene.is_accepted(BLOCK)
        scene.kill()
        scene.mend()
        scene.reaches("deferred", since_try=1)
        kill_the_triggerer(cluster)
        scene.fault("slow_answer", on="media", seconds=600)
        # The second try has stored what the first one bought.
        scene.sees("media_reads", scene.counts["media_reads"] + 1)
        scene.kill()
        scene.mend()
        scene.reaches("deferred", since_try=2)
        kill_the_triggerer(cluster)
        scene.ends("success")

        assert scene.counts["duplicates"] == 0
        assert scene.counts["refused"]["queue_full"] > 0 and scene.counts["peak_queued"] <= 30
        statuses = scene.statuses
        assert set(statuses) == {"success", "in_doubt"} and 5 <= statuses["in_doubt"] <= BLOCK
        assert scene.accepted == 120
        lines = scene.is_whole(120, succeeded=120 - statuses["in_doubt"])
        assert {line["job_id"] for line in lines} - {None} < set(scene.job_ids)
        doubts = [line for line in lines if line["status"] == "in_doubt"]
        assert all(line["index"] < BLOCK and IN_DOUBT in line["error"] for line in doubts)
        scene.says(total=120, in_doubt=len(doubts), succeeded=120 - len(doubts))


def kill_the_triggerer(cluster: Cluster) -> None:
    cluster.kill("triggerer")
    cluster.start("triggerer")


@pytest.mark.together
def test_batch_with_every_tenth_call_gone_wrong_pays_nothing_twice_and_a_later_run_finishes_it(
    cluster: Cluster,
) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=2, eta=None)
        for where, kind in BAD_ANSWERS.items():
            scene.fault(kind, input_has=where)
        scene.fault("bad_gateway", on="fetch", every=20, times=None)
        scene.fault("break_in_answer", on="fetch", every=20, times=None)
        scene.fault("media_truncated", every=20, times=None)
        scene.fault("media_html", every=20, times=None)
        text = io.StringIO()
        writer = csv.DictWriter(text, ["init_image", "init_video"])
        writer.writeheader()
        writer.writerows(scene.rows(60))
        items = scene.list_file("items.csv", text.getvalue())

        scene.start(items=items, max_failed=1.0, max_active_jobs=30)
        scene.ends("success")
        doubtful = [int(where[2:-1]) for where in BAD_ANSWERS]
        lines = scene.is_whole(60, succeeded=60 - len(doubtful) - scene.statuses["unfinished"])
        assert [line["index"] for line in lines if line["status"] == "in_doubt"] == doubtful
        assert all(line["job_id"] for line in lines if line["status"] == "unfinished")
        first = scene.accepted
        assert scene.counts["duplicates"] == 0
        assert first == 60 - 2, "two of the bad answers came to what was not accepted"

        scene.mend()
        scene.start(items=items, max_failed=0, max_active_jobs=30, on_in_doubt="resubmit")
        scene.ends("success")
        scene.is_whole(60)
        scene.says(succeeded=60, reused=60 - len(doubtful), in_doubt=0)
        # Paid twice is what was in doubt and had been accepted, as was asked for.
        assert (scene.accepted - first, scene.counts["duplicates"]) == (6, 4)
