"""The counts are what bills and promises are checked against."""

from __future__ import annotations

import httpx

from airflow_provider_faceswap.sandbox.server import SandboxServer

from ..modelslab.client import ModelsLabClient


def test_accepted_refused_and_duplicates(client: ModelsLabClient) -> None:
    for operation in ("multiple_face_swap", "multiple_face_swap", "single_face_swap"):
        client.submit(operation)
    client.submit("multiple_face_swap", watermark=False)
    client.submit("multiple_face_swap", key="wrong")
    client.submit("multiple_face_swap", webhook=None, track_id=3)
    counts = client.counts()
    assert counts["accepted"] == {"multiple_face_swap": 4, "single_face_swap": 1}
    assert counts["refused"] == {"bad_key": 1}
    assert counts["duplicates"] == 2


def test_fetches_and_media(client: ModelsLabClient) -> None:
    jobs = [client.submit("multiple_face_swap").json() for _ in range(2)]
    for _ in range(3):
        client.fetch(jobs[0]["id"])
    client.fetch("unknown")
    client.http.get(jobs[1]["output"][0])
    counts = client.counts()
    assert counts["fetches"] == 4
    assert counts["fetches_by_job"] == {str(jobs[0]["id"]): 3, str(jobs[1]["id"]): 0}
    assert counts["media_reads"] == 1
    assert counts["requests"] == 7


def test_connections(client: ModelsLabClient) -> None:
    before = client.counts()["connections"]
    for _ in range(3):
        with httpx.Client(trust_env=False, timeout=60) as other:
            other.get(f"{client.url}/")
            other.get(f"{client.url}/")
    assert client.counts()["connections"] - before == 3


def test_jobs_are_listed(client: ModelsLabClient) -> None:
    ended = client.submit("multiple_face_swap").json()
    client.control("progress", {"outcome": "never"})
    running = client.submit("single_video_swap").json()
    jobs = client.control("jobs")["jobs"]
    assert [(job["id"], job["state"]) for job in jobs] == [
        (ended["id"], "success"),
        (running["id"], "processing"),
    ]
    assert jobs[0]["inputs_hash"] != jobs[1]["inputs_hash"]
    assert [job["id"] for job in client.control("jobs?state=processing")["jobs"]] == [running["id"]]


def test_the_page_shows_the_latest_jobs_and_escapes_what_it_shows(client: ModelsLabClient) -> None:
    client.control("progress", {"outcome": "failed", "message": "<script>", "times": 1})
    failed = client.submit("multiple_face_swap").json()
    good = client.submit("multiple_face_swap").json()
    page = client.http.get(f"{client.url}/").text
    assert f"{failed['id']} multiple_face_swap: failed &lt;script&gt;" in page
    assert f"{good['output'][0].removeprefix(client.url)}" in page


def test_a_reset_forgets_everything(client: ModelsLabClient) -> None:
    client.control("faults", {"kind": "empty", "on": "media"})
    client.control("progress", {"outcome": "never"})
    client.control("queue", {"max_queued": 1})
    job = client.submit("single_video_swap").json()
    client.control("reset", {})
    counts = client.counts()
    connections = counts.pop("connections")
    assert not any(counts.values())
    assert connections <= 1
    assert client.control("jobs") == {"jobs": []}
    assert client.control("faults") == {"faults": []}
    assert client.control("queue") == {"max_queued": None, "queued": 0}
    assert client.fetch(job["id"]).json()["message"] == "Request not found"
    assert client.submit("single_video_swap").json()["id"] > job["id"]


def test_two_sandboxes_share_nothing(client: ModelsLabClient) -> None:
    with SandboxServer() as other:
        client.submit("multiple_face_swap")
        assert client.http.get(f"{other.url}/_sandbox/counts").json()["accepted"] == {}
        assert other.port != client.server.port


def test_the_manual_names_every_fault(client: ModelsLabClient) -> None:
    from airflow_provider_faceswap.sandbox.faults.fault import ACCEPTED, KINDS

    manual = " ".join(client.http.get(f"{client.url}/_sandbox/").text.split())
    assert [kind for kind in KINDS if f"``{kind}``" not in manual] == []
    marked = {kind for kind in KINDS if f"``{kind}`` (+)" in manual}
    assert marked == set(ACCEPTED) - {"media_truncated"}
