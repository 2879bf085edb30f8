"""Jobs progress as the chosen policy says."""

from __future__ import annotations

import time

import pytest

from airflow_provider_faceswap.sandbox.jobs.progress import Progress, ProgressPolicies
from airflow_provider_faceswap.sandbox.settings import Settings

from ..modelslab.client import ModelsLabClient


def test_images_end_at_once_and_videos_after_a_while_by_default() -> None:
    policies = ProgressPolicies(Settings(video_seconds=7))
    assert policies.choose("single_face_swap", is_video=False).at_once
    assert policies.choose("single_video_swap", is_video=True) == Progress(after_seconds=7)


def test_the_newest_policy_that_matches_decides() -> None:
    policies = ProgressPolicies(Settings())
    policies.add(Progress(after_reads=1))
    policies.add(Progress(operation="single_video_swap", after_reads=2))
    assert policies.choose("single_video_swap", is_video=True).after_reads == 2
    assert policies.choose("specific_video_swap", is_video=True).after_reads == 1
    policies.add(Progress(after_reads=3))
    assert policies.choose("single_video_swap", is_video=True).after_reads == 3


def test_a_policy_can_be_for_some_submissions_only() -> None:
    policies = ProgressPolicies(Settings())
    policies.add(Progress(after_reads=5))
    policies.add(Progress(outcome="congested", times=2))
    taken = [policies.choose("single_video_swap", is_video=True) for _ in range(3)]
    assert [policy.outcome for policy in taken] == ["congested", "congested", "success"]
    assert taken[2].after_reads == 5


def test_a_policy_can_be_for_submissions_with_a_text_in_an_input(client: ModelsLabClient) -> None:
    client.control("progress", {"after_seconds": 30})
    client.control("progress", {"input_has": "?n=17", "outcome": "failed"})
    picture = client.fields("multiple_face_swap")["init_image"]
    ends = [
        client.submit("multiple_face_swap", init_image=f"{picture}?n={n}").json()["status"] for n in (17, 18)
    ]
    assert ends == ["failed", "processing"]


def test_after_reads(client: ModelsLabClient) -> None:
    client.submit("multiple_face_swap")
    client.control("progress", {"after_reads": 3})
    job_id = client.submit("multiple_face_swap").json()["id"]
    seen = [client.fetch(job_id).json()["status"] for _ in range(5)]
    assert seen == ["processing"] * 3 + ["success"] * 2


def test_after_seconds(client: ModelsLabClient) -> None:
    client.submit("multiple_face_swap")
    client.control("progress", {"after_seconds": 0.4})
    started = time.monotonic()
    reply = client.submit("multiple_face_swap").json()
    assert reply["status"] == "processing"
    assert client.fetch_until_ended(reply["id"])["status"] == "success"
    assert time.monotonic() - started >= 0.4


def test_never(client: ModelsLabClient) -> None:
    client.control("progress", {"operation": "multiple_face_swap", "outcome": "never"})
    job_id = client.submit("multiple_face_swap").json()["id"]
    assert {client.fetch(job_id).json()["status"] for _ in range(10)} == {"processing"}
    assert client.counts()["queued"] == 1


def test_a_job_waits_for_its_rendering_too(client: ModelsLabClient) -> None:
    client.control("progress", {"after_seconds": 0.01})
    clip = f"{client.url}/samples/duo.mp4"
    reply = client.submit("single_video_swap", init_video=clip, watermark=False).json()
    first = client.fetch(reply["id"]).json()
    assert first["status"] == "processing"
    assert client.fetch_until_ended(reply["id"])["status"] == "success"


def test_the_queue_has_the_length_that_was_set(client: ModelsLabClient) -> None:
    client.control("progress", {"after_reads": 1})
    client.control("queue", {"max_queued": 2})
    jobs = [client.submit("multiple_face_swap").json() for _ in range(2)]
    refused = client.submit("multiple_face_swap")
    assert refused.status_code == 429
    assert refused.json()["retry_after"] > 0
    client.fetch(jobs[0]["id"])
    assert client.fetch_until_ended(jobs[0]["id"])["status"] == "success"
    assert client.submit("multiple_face_swap").json()["status"] == "processing"
    counts = client.counts()
    assert (counts["queued"], counts["peak_queued"]) == (2, 2)
    assert counts["accepted"] == {"multiple_face_swap": 3}
    assert counts["refused"] == {"queue_full": 1}


@pytest.mark.parametrize(
    "body", ['{"after_seconds": -1}', '{"outcome": "maybe"}', '{"unknown": 1}', "[]", "nonsense", ""]
)
def test_a_policy_that_makes_no_sense_is_refused(client: ModelsLabClient, body: str) -> None:
    response = client.http.post(f"{client.url}/_sandbox/progress", content=body)
    assert response.status_code == 400
    assert response.json()["error"]
    assert client.control("progress") == {"progress": []}
