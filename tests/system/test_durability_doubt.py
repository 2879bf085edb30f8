"""The vendor does not answer "accepted": submissions in doubt, refused, or not sent."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.scene import IN_DOUBT, Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]


def test_answer_that_broke_off_is_in_doubt_until_a_person_buys_again(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("accept_then_break")
        scene.start()
        scene.fails_at_once(IN_DOUBT)

        # A clear alone decides nothing.
        scene.fails_at_once(IN_DOUBT, since_try=scene.clear())
        assert scene.accepted == 1

        scene.ends("success", since_try=scene.follow_remedy())
        assert scene.accepted == 2


def test_proxy_error_is_in_doubt_until_a_person_adopts_the_job(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("bad_gateway", accepted=True)
        scene.start()
        scene.fails_at_once(IN_DOUBT)
        (job_id,) = scene.job_ids

        scene.ends("success", since_try=scene.follow_remedy(adopt=job_id))
        assert scene.accepted == 1
        assert scene.result["job_id"] == job_id

        # What was adopted is known like what was bought.
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 1


@pytest.mark.parametrize("kind", ["server_error", "empty"])
def test_doubt_where_paying_twice_is_accepted(cluster: Cluster, kind: str) -> None:
    with Scene(cluster) as scene:
        scene.fault(kind, accepted=True)
        scene.start(on_in_doubt="resubmit")
        scene.ends("success")

        assert scene.accepted == 2
        assert scene.log.count(IN_DOUBT) == scene.entry["doubts"] == 1


def test_refusal_for_now_waits_without_a_worker(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("queue_full")
        scene.start()
        scene.reaches("deferred")
        assert scene.accepted == 0
        scene.ends("success")

        assert scene.accepted == 1
        assert scene.counts["refused"] == {"queue_full": 1}
        assert not {"resubmissions", "doubts"} & scene.entry.keys()


def test_refusal_for_now_waits_on_the_worker_in_blocking_mode(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("rate_limited")
        scene.start(deferrable=False)
        scene.ends("success")

        assert scene.accepted == 1
        assert "submitting again in" in scene.log


def test_refusal_is_submitted_again_by_the_retry(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("no_credits")
        scene.start()
        scene.ends("success", since_try=1)

        assert scene.accepted == 1
        assert "credits" in scene.log_of(1)


def test_vendor_that_cannot_be_reached_is_tried_again(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.connect(host="http://127.0.0.1:1")
        scene.start()
        scene.reaches("up_for_retry", "scheduled", "queued", "running", since_try=1)
        scene.connect(host=scene.vendor.url)
        scene.ends("success")

        assert scene.accepted == 1
        assert "nothing was sent" in scene.log_of(1)
        assert IN_DOUBT not in scene.log
